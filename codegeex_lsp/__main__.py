"""`python -m codegeex_lsp`: the command `codegeex-lsp`."""

from codegeex_lsp import main

raise SystemExit(main())
