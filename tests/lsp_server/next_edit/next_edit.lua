-- A user at a plain Neovim with the recipe for next edits of docs/editors.md. Writes what came of each step to a file, as JSON.
local command, file, report, recipe = unpack(vim.split(vim.env.CODEGEEX_TEST, "\n"))
local told, messages = {}, {}
vim.g.mapleader = " "
vim.notify = function(message) table.insert(messages, message) end

local function wait(what, condition)
  if not vim.wait(40000, condition, 20) then error("waited in vain for " .. what) end
end

local function run()
  dofile(recipe)
  vim.cmd.edit(file)
  local id = vim.lsp.start({ name = "codegeex", cmd = { command, "-m", "codegeex_lsp" }, root_dir = vim.fs.dirname(file) })
  local client = assert(vim.lsp.get_client_by_id(id))
  wait("the server", function() return client.initialized and vim.lsp.buf_is_attached(0, id) end)
  vim.api.nvim_buf_set_text(0, 1, 4, 1, 10, { "total" })
  vim.api.nvim_win_set_cursor(0, { 2, 4 })
  vim.cmd.normal(" n")
  wait("the proposal", function() return #messages > 0 end)
  told.message, told.line = messages[1], vim.api.nvim_win_get_cursor(0)[1]
  vim.cmd.normal(" n")
  told.text = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  client:stop(true)
end

local ok, fault = pcall(run)
told.fault = not ok and tostring(fault) or nil
vim.fn.writefile({ vim.json.encode(told) }, report)
vim.cmd("qall!")
