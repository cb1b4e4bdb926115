package main

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/mask"
)

func testApp() *cli.App { return newApp(io.Discard, io.Discard, mask.NewSet()) }

// leaves gives the commands that do something, with their full names.
func leaves(prefix string, commands []*cli.Command) map[string]*cli.Command {
	found := map[string]*cli.Command{}
	for _, c := range commands {
		name := prefix + " " + c.Name
		if len(c.Subcommands) == 0 {
			found[name] = c
		}
		maps.Copy(found, leaves(name, c.Subcommands))
	}
	return found
}

func TestHelpShowsAnExampleAndTheExitCodes(t *testing.T) {
	for name, c := range leaves("retort", testApp().Commands) {
		if !strings.Contains(c.Description, "\n   "+name) && !strings.HasPrefix(c.Description, "   "+name) {
			t.Errorf("%s: the help has no example", name)
		}
		if !strings.Contains(c.Description, "Exit code") {
			t.Errorf("%s: the help has no exit codes", name)
		}
		if c.Usage == "" {
			t.Errorf("%s: the help says nothing of what it does", name)
		}
	}
}

func TestEveryFlagHasAVariable(t *testing.T) {
	for name, c := range leaves("retort", testApp().Commands) {
		for _, f := range c.Flags {
			flag, ok := f.(cli.DocGenerationFlag)
			if !ok {
				t.Fatalf("%s: flag %v cannot be documented", name, f.Names())
			}
			vars := flag.GetEnvVars()
			if len(vars) != 1 || !strings.HasPrefix(vars[0], "RETORT_") {
				t.Errorf("%s --%s: variables %v, want one RETORT_…", name, f.Names()[0], vars)
			}
			if flag.GetUsage() == "" {
				t.Errorf("%s --%s: the help says nothing of what it does", name, f.Names()[0])
			}
		}
	}
}

// The common flags stand behind every command as well as before it.
func TestEveryCommandTakesTheCommonFlags(t *testing.T) {
	for name, c := range leaves("retort", testApp().Commands) {
		for _, common := range commonFlags() {
			has := slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return f.Names()[0] == common.Names()[0] })
			if !has {
				t.Errorf("%s does not take --%s", name, common.Names()[0])
			}
		}
	}
}

func TestSeveralValues(t *testing.T) {
	t.Setenv("RETORT_PLAIN_HTTP", "one.example.com\ntwo.example.com")
	app := testApp()
	var args, hosts []string
	app.Command("build").Action = func(c *cli.Context) error {
		args, hosts = c.StringSlice("build-arg"), c.StringSlice("plain-http")
		return nil
	}
	err := app.RunContext(t.Context(), []string{"retort", "build", "--build-arg", "LIST=a,b", "--build-arg", "C=d"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"LIST=a,b", "C=d"}; !slices.Equal(args, want) {
		t.Errorf("--build-arg twice gives %q, want %q", args, want)
	}
	if want := []string{"one.example.com", "two.example.com"}; !slices.Equal(hosts, want) {
		t.Errorf("a variable of two lines gives %q, want %q", hosts, want)
	}
}

func TestFlagsFirst(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"retort", "retort"},
		{"retort build a b", "retort build a b"},
		{"retort promote a --to x b", "retort promote --to x a b"},
		{"retort promote a --to=x b --dry-run c", "retort promote --to=x --dry-run a b c"},
		{"retort -C d build a", "retort build -C d a"},
		{"retort -C build build -C test test", "retort build -C build -C test test"},
		{"retort -C d registry serve --dir e", "retort registry serve -C d --dir e"},
		{"retort registry -C d serve", "retort registry serve -C d"},
		{"retort test --image i -- cmd --flag -x", "retort test --image i -- cmd --flag -x"},
		{"retort --nope build", "retort build --nope"},
		{"retort unknown --to x", "retort --to unknown x"},
		{"retort build --to", "retort build --to"},
		{"retort build -", "retort build -"},
		{"retort promote a --generate-bash-completion", "retort promote a --generate-bash-completion"},
		{"retort run -- --generate-bash-completion", "retort run --generate-bash-completion"},
	} {
		if got := strings.Join(flagsFirst(strings.Fields(test.args)), " "); got != test.want {
			t.Errorf("%s\n gives %s\n  want %s", test.args, got, test.want)
		}
	}
}
