package archtest

// UseRules are what libraries leave to the command.
func UseRules() []UseRule {
	library := []string{"pkg/..."}
	probe := Exception{"pkg/internal/probe/cmd", "a program: tests run it inside containers"}
	copier := Exception{"pkg/internal/copier", "a program: benchmarks run it beside others"}
	child := Exception{"pkg/engine/enginetest/sweep.go", "speaks with a copy of the test binary that it starts and kills"}
	return []UseRule{{
		Who: library, Except: []Exception{probe, copier, child},
		Bans: []string{"os.Exit", "syscall.Exit", "log.Fatal*", "log.Panic*"},
		Why:  "only main ends the process, after everything was cleaned up",
	}, {
		Who: library, Except: []Exception{probe, copier, child},
		Bans: []string{"os.Stdout", "os.Stderr", "fmt.Print*", "log.Print*", "log.Default", "log/slog.Default", "print", "println"},
		Why:  "libraries emit progress events and log to the *slog.Logger that they are given; only the command has a terminal",
	}, {
		Who: library, Except: []Exception{probe, copier, child},
		Bans: []string{"os.Stdin", "os.Args"},
		Why:  "only the command reads its arguments and its input",
	}, {
		Who: library, Except: append(environmentReaders(), probe),
		Bans: []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv"},
		Why:  "a library is told by its Options, so two of it can be told different things",
	}, {
		Who: library,
		Bans: []string{
			"os.Setenv", "os.Unsetenv", "os.Clearenv", "os.Chdir",
			"log.SetOutput", "log.SetFlags", "log/slog.SetDefault", "net/http.DefaultServeMux", "net/http.Handle", "net/http.HandleFunc",
			"os/signal.Notify*", "os/signal.Ignore", "os/signal.Reset", "runtime/debug.Set*",
		},
		Except: []Exception{probe, {"pkg/engine/embedded/secondself", "a program hands itself over for as long as its second self runs"}, {"pkg/engine/embedded/internal/orphans", "the second self is process 1, which has to"}, {"pkg/engine/embedded/garbage_linux.go", "the second self is the program, and takes back what was set for its start"}},
		Why:    "the process belongs to the program, which may run two of us",
	}}
}

// environmentReaders are the libraries that read the environment nevertheless.
func environmentReaders() []Exception {
	return []Exception{
		{"pkg/retort/retort.go", "the default of Options.Env"},
		{"pkg/engine/docker/docker.go", "the default of Options.Getenv"},
		{"pkg/engine/buildkit/remote/remote.go", "the default of Options.Getenv"},
		{"pkg/engine/buildkit/attachables.go", "a build secret names a variable of this process, so that its value is nowhere else"},
		{"pkg/project/load.go", "the default of Options.Env"},
		{"pkg/registry/credentials.go", "names the file that go-containerregistry's keychain reads, which asks the environment itself"},
		{"pkg/ci/gitrun.go", "git gets the environment it would have at the prompt"},
		{"pkg/ci/gitfind.go", "asks what git itself would ask"},
		{"pkg/internal/outside/outside.go", "asks what the process that started this one says of itself"},
		{"pkg/engine/embedded/garbage_linux.go", "takes back what the first self has set for the start of the second"},
		{"pkg/engine/embedded/options.go", "the default of Options.Getenv"},
		{"pkg/internal/probe", "helps tests: runs the go command"},
		{"pkg/engine/docker/dockertest", "helps tests: finds their engine"},
		{"pkg/engine/buildkit/buildkitdtest", "helps tests: finds the daemon that scripts/buildkitd has built"},
		{"pkg/engine/embedded/internal/unprivileged", "helps tests: lets them run again, as another user"},
		{"pkg/engine/enginetest", "helps tests: compares with what a build must not see"},
	}
}
