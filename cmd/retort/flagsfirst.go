package main

import (
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// completionFlag is how urfave/cli's shell scripts ask for suggestions. It is
// seen as the last word alone, and never behind "--".
const completionFlag = "--generate-bash-completion"

// flagsFirst moves all flags to between the command and its arguments.
// urfave/cli takes flags only there, and people write
//
//	retort -C shop promote orders --to staging
//
// What stands behind "--" is left as it is.
func flagsFirst(args []string) []string {
	if n := len(args); n > 0 && args[n-1] == completionFlag {
		return slices.DeleteFunc(slices.Clone(args), func(word string) bool { return word == "--" })
	}
	app := newApp(io.Discard, io.Discard, nil)
	flags, commands := app.Flags, app.Commands
	names, before := slices.Clone(args[:min(1, len(args))]), []string(nil)
	rest := args[len(names):]
	for {
		head, tail, command := nextCommand(rest, flags, commands)
		before = append(before, head...)
		if command == nil {
			return slices.Concat(names, permute(slices.Concat(before, tail), flags))
		}
		names = append(names, command.Name)
		flags, commands, rest = command.Flags, command.Subcommands, tail
	}
}

// nextCommand gives the flags in front of the next command's name, what is
// behind it, and the command; nil when there is none.
func nextCommand(args []string, flags []cli.Flag, commands []*cli.Command) (head, tail []string, found *cli.Command) {
	for i := 0; i < len(args); i++ {
		if isFlag(args[i]) {
			if takesValue(args[i], flags) {
				i++
			}
			continue
		}
		for _, c := range commands {
			if c.HasName(args[i]) {
				return args[:i], args[i+1:], c
			}
		}
		break
	}
	return nil, args, nil
}

// permute gives flags with their values first, then the other words.
func permute(args []string, flags []cli.Flag) []string {
	var before, after []string
	for i := 0; i < len(args); i++ {
		switch word := args[i]; {
		case word == "--":
			return slices.Concat(before, after, args[i:])
		case !isFlag(word):
			after = append(after, word)
		default:
			before = append(before, word)
			if takesValue(word, flags) && i+1 < len(args) {
				i++
				before = append(before, args[i])
			}
		}
	}
	return append(before, after...)
}

func isFlag(word string) bool { return len(word) > 1 && word[0] == '-' && word != "--" }

// takesValue is true for a flag whose value is the next word.
func takesValue(word string, flags []cli.Flag) bool {
	name := strings.TrimLeft(word, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}
