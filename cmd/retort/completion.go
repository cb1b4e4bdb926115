package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
)

// The scripts hand the words typed so far to retort itself, which answers by
// urfave/cli's own completion; fish's is a list that urfave/cli writes.
const (
	bashScript = `_retort() {
  local cur="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(compgen -W "$("${COMP_WORDS[@]:0:COMP_CWORD}" ` + completionFlag + ` 2>/dev/null)" -- "$cur"))
}
complete -o bashdefault -o default -F _retort retort
`
	zshScript = `#compdef retort
_retort() {
  local -a answers
  answers=("${(@f)$("${(@)words[1,CURRENT-1]}" ` + completionFlag + ` 2>/dev/null)}")
  _describe 'retort' answers || _files
}
compdef _retort retort
`
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: `   source <(retort completion bash)
   retort completion fish | source

Exit codes: 0 printed, 2 unknown shell.`,
		Action: func(c *cli.Context) error {
			script, err := completionScript(c.App, c.Args().First())
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}

func completionScript(app *cli.App, shell string) (string, error) {
	switch shell {
	case "bash":
		return bashScript, nil
	case "zsh":
		return zshScript, nil
	case "fish":
		return app.ToFishCompletion()
	}
	return "", fault.New(fault.Usage, "retort completion bash, zsh or fish", "unknown shell %q", shell)
}
