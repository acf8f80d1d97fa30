"""HumanEval-X: problems into prompts, completions into programs, programs into verdicts, verdicts into pass@k."""
