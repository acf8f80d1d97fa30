rootProject.name = "codegeex-lsp"
