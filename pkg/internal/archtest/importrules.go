package archtest

import "slices"

// ImportRules are the rules of direction:
//
//	cmd → pkg/retort → pkg/step/* → ports (engine, registry, evidence) ← adapters
func ImportRules() []ImportRule {
	return slices.Concat(layerRules(), stepRules(), engineRules(), leafRules(), libraryRules(), moduleRules())
}

// layerRules keep what is below from knowing what is above.
func layerRules() []ImportRule {
	return []ImportRule{{
		Who: []string{"pkg/..."}, Bans: []string{"cmd/...", "examples/...", "scripts/..."}, Tests: true,
		Why: "the command composes the library; a library that knows its command cannot be used without it",
	}, {
		Who: []string{"pkg/..."}, Except: []string{"pkg/retort/..."}, Bans: []string{"pkg/retort/..."}, Tests: true,
		Why: "pkg/retort composes everything below it, and nothing below it asks back",
	}, {
		Who:    []string{"pkg/..."},
		Except: []string{"pkg/retort/...", "pkg/step/..."},
		Bans:   []string{"pkg/step/..."}, Tests: true,
		Why: "steps stand upon the ports, not the ports upon a step",
	}, {
		Who: []string{"cmd/retort/ui/..."}, Bans: []string{"pkg/..."},
		Allow: []string{"pkg/fault", "pkg/mask", "pkg/progress"},
		Why:   "the ui draws events and faults, whoever sent them",
	}}
}

// stepRules keep each step usable alone.
func stepRules() []ImportRule {
	return []ImportRule{{
		Who: []string{"pkg/step/..."}, Bans: []string{"pkg/step/..."}, Tests: true,
		Why: "steps meet in pkg/retort alone, where their order can be read",
	}, {
		Who: []string{"pkg/step/..."}, Bans: []string{"pkg/project/...", "pkg/state/..."}, Tests: true,
		Why: "a step is told what to do by its Options, so it works without a compose file and a workspace",
	}}
}

// engineRules keep engines exchangeable. Tests are free: they run on real ones.
func engineRules() []ImportRule {
	docker := []string{"pkg/engine/docker/...", "pkg/engine/buildkit/..."}
	embedded := []string{"pkg/engine/embedded/..."}
	adapters := slices.Concat(docker, embedded)
	return []ImportRule{{
		Who:  []string{"pkg/engine"},
		Bans: []string{"pkg/engine/...", "github.com/docker/...", "github.com/moby/...", "github.com/containerd/..."}, Tests: true,
		Why: "the port names abilities; an engine that it imported would be linked into every program",
	}, {
		Except: append([]string{"pkg/retort"}, adapters...), Bans: docker,
		Why: "only pkg/retort chooses an engine; all others take one",
	}, {
		Who: []string{"pkg/..."}, Except: embedded, Bans: embedded,
		Why: "library users need not link a BuildKit; the command hands the embedded engine in",
	}, {
		Who: []string{"pkg/engine/buildkit/...", "pkg/engine/embedded/..."}, Bans: []string{"pkg/engine/docker/..."}, Tests: true,
		Why: "building goes through the BuildKit client alone, with Docker and without",
	}}
}

// leafRules keep small packages free of other modules.
func leafRules() []ImportRule {
	return []ImportRule{{
		Who: []string{"pkg/ci", "pkg/fault", "pkg/freeze", "pkg/progress"}, Bans: []string{"..."}, Allow: []string{"std"},
		Why: "whoever wants only this needs no other module for it",
	}, {
		Who: []string{"pkg/internal/archtest"}, Bans: []string{"..."}, Allow: []string{"std"}, Tests: true,
		Why: "it judges all packages and depends upon none",
	}, {
		Bans: []string{"pkg/internal/archtest"}, Tests: true,
		Why: "it is a test",
	}}
}
