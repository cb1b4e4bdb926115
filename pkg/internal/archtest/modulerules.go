package archtest

// moduleRules give every heavy module one place where it is imported, and keep
// out those that would bring a second of what there is one of.
func moduleRules() []ImportRule {
	docker := []string{"pkg/engine/docker/..."}
	buildkit := []string{"pkg/engine/buildkit/...", "pkg/engine/embedded/..."}
	return []ImportRule{
		only([]string{"pkg/project"}, "github.com/compose-spec/compose-go/...",
			"Compose is a format of the project file; everyone else knows project.Project"),
		only(docker, "github.com/docker/docker/...",
			"Docker is one engine of several; everyone else knows pkg/engine"),
		only(buildkit, "github.com/moby/buildkit/...",
			"there is one build path; everyone else knows engine.Builder"),
		only([]string{"pkg/registry/serve", "pkg/registry/serve/distributiontest"}, "github.com/distribution/distribution/...",
			"it serves the embedded registry, and beside it in tests, and nothing else"),
		{
			Except: []string{"pkg/evidence/..."}, Tests: true,
			Bans: []string{"github.com/in-toto/...", "github.com/sigstore/...", "github.com/secure-systems-lab/..."},
			Why:  "statements are made, signed and read in one place",
		},
		only([]string{"cmd/retort"}, "github.com/urfave/cli/...",
			"flags belong to the command; libraries take Options"),
		never("github.com/google/go-containerregistry/pkg/v1/daemon",
			"it drags in a second Docker client; images leave the engine through engine.Exporter"),
		never("github.com/moby/moby/client/...",
			"it is a second Docker client beside github.com/docker/docker/client, and needs an Engine younger than 20.10"),
		never("github.com/docker/cli/cli/context/docker",
			"it drags in the second Docker client; contexts are read through cli/context/store"),
		{
			Bans: []string{"C"}, Tests: true,
			Why: "the released binary is static and runs on scratch",
		},
		{
			Bans: []string{"github.com/pkg/errors", "golang.org/x/xerrors"}, Tests: true,
			Why: "errors are wrapped with %w",
		},
	}
}

// libraryRules keep what belongs to programs and tests out of libraries.
func libraryRules() []ImportRule {
	helpers := []string{"pkg/engine/docker/dockertest", "pkg/engine/buildkit/buildkitdtest", "pkg/engine/embedded/internal/unprivileged", "pkg/internal/probe", "pkg/registry/serve/distributiontest"}
	return []ImportRule{{
		// Tests are free: -update rewrites their golden files.
		Who: []string{"pkg/..."}, Bans: []string{"flag"},
		Why: "flags belong to the command; libraries take Options",
	}, {
		Except: append([]string{"pkg/engine/enginetest/..."}, helpers...),
		Bans:   append([]string{"testing/...", "pkg/engine/enginetest/..."}, helpers...),
		Why:    "what helps tests is not linked into programs",
	}}
}

// only lets none but who import a module's packages. Tests are bound as well.
func only(who []string, module, why string) ImportRule {
	return ImportRule{Except: who, Bans: []string{module}, Tests: true, Why: why}
}

// never keeps a package out of everything that this module links.
func never(path, why string) ImportRule {
	return ImportRule{Bans: []string{path}, Tests: true, Deep: true, Why: why}
}
