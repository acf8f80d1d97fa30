-- A person at a plain Neovim: its own LSP client, and nothing else. Writes what came of each step to a file, as JSON.
local command, model, file, report = unpack(vim.split(vim.env.CODEGEEX_TEST, "\n"))
local told = {}

local function wait(what, condition)
  if not vim.wait(60000, condition, 20) then
    error("waited in vain for " .. what)
  end
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

local function run()
  vim.cmd.edit(file)
  local before = text()
  local id = vim.lsp.start({
    name = "codegeex", cmd = { command, "-m", "codegeex_lsp" }, root_dir = vim.fs.dirname(file),
    init_options = { model = model, threads = 1 },
  })
  local client = assert(vim.lsp.get_client_by_id(id))
  wait("the server", function() return client.initialized end)

  -- The light bulb, as vim.lsp.buf.code_action has it.
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  vim.lsp.buf.code_action({
    apply = true, filter = function(action) return action.kind == "refactor.rewrite.codegeex.comment" end,
  })
  wait("comments", function() return text() ~= before end)
  told.commented = text()
  vim.cmd.undo()
  told.undone = text() == before

  local uri = vim.uri_from_bufnr(0)
  local function execute(name, argument)
    argument.uri = argument.uri or uri
    local params = { command = "codegeex." .. name, arguments = { argument } }
    local answer, failure = client:request_sync("workspace/executeCommand", params, 60000, 0)
    return assert(answer, failure)
  end

  told.asked = execute("ask", { question = "What is the capital of France?", uri = nil, apply = false }).result.text
  local translated = execute("translate", { target = "java" }).result
  told.translated = translated.applied
  local made = vim.uri_to_bufnr(translated.uri)
  vim.fn.bufload(made)
  told.java = table.concat(vim.api.nvim_buf_get_lines(made, 0, -1, false), "\n")
  told.refused = execute("translate", { target = "python" }).err.message
  client:stop(true)
end

local ok, fault = pcall(run)
told.fault = not ok and tostring(fault) or nil
vim.fn.writefile({ vim.json.encode(told) }, report)
vim.cmd("qall!")
