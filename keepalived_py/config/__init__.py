"""From files to the typed AST: source, expand, lexer, grammar, build, verify."""
