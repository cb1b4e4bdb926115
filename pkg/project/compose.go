package project

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/consts"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// model is what compose-go made of the sources: the merged and interpolated
// tree, and the same as structs.
type model struct {
	src      *sources
	tree     map[string]any
	compose  *types.Project
	profiles []string // asked for by COMPOSE_PROFILES
	unset    unset
	report   *report // what is wrong
	warnings *report // what is not done
}

// loadModel runs compose-go over the sources.
func loadModel(ctx context.Context, src *sources, env types.Mapping, name string) (*model, error) {
	m := &model{
		src: src, profiles: strings.Split(env[consts.ComposeProfiles], ","),
		unset: unset{}, report: &report{}, warnings: &report{},
	}
	details := types.ConfigDetails{WorkingDir: src.dir, ConfigFiles: src.files, Environment: env}
	var options *loader.Options
	configure, err := m.options(env, name)
	if err != nil {
		return nil, err
	}
	m.tree, err = guard(func() (map[string]any, error) {
		return loader.LoadModelWithContext(ctx, details, configure, func(o *loader.Options) { options = o })
	})
	m.report.places, m.warnings.places = src.places, src.places // with included files
	if err != nil {
		return nil, m.blame(err)
	}
	checkDependencies(m.tree, m.report)
	checkReferences(m.tree, m.report)
	if err := m.err(); err != nil {
		return nil, err
	}
	m.compose, err = guard(func() (*types.Project, error) {
		// ModelToProject takes the extensions out of the tree it is given.
		return loader.ModelToProject(clone(m.tree).(map[string]any), options, details)
	})
	if err != nil {
		return nil, m.blame(err)
	}
	return m, m.resolveEnvironments(env)
}

// err is what is wrong so far. Variables that are not set may well be why.
func (m *model) err() error {
	if len(m.unset) > 0 {
		m.report.otherwise = "not set, and taken as empty: " + strings.Join(slices.Sorted(maps.Keys(m.unset)), ", ")
	}
	return m.report.err()
}

// options sets compose-go up: every profile, our name, and nothing logged.
func (m *model) options(env types.Mapping, name string) (func(*loader.Options), error) {
	name = cmp.Or(name, env[consts.ComposeProjectName])
	if err := checkName(name); err != nil {
		return nil, err
	}
	fallback := loader.NormalizeProjectName(filepath.Base(m.src.dir))
	return func(o *loader.Options) {
		o.SetProjectName(cmp.Or(name, fallback), name != "")
		o.Profiles = []string{"*"}
		o.Interpolate.Substitute = m.unset.substitute
		o.Interpolate.TypeCastMapping = quietCasts(o.Interpolate.TypeCastMapping)
		// Both are done or needed nowhere: env_file by resolveEnvironments,
		// which does not log; labels not at all.
		o.SkipResolveEnvironment, o.SkipResolveLabels = true, true
		o.Listeners = []loader.Listener{m.included}
	}, nil
}

// included adds a file named under `include:` to the places.
func (m *model) included(event string, metadata map[string]any) {
	paths, ok := metadata["path"].(types.StringList)
	if event != "include" || !ok {
		return
	}
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			path = filepath.Join(m.src.dir, path)
		}
		m.src.include(path, m.report)
	}
}

// guard turns a panic of compose-go into an error. It asserts types before it
// validates them: v2.16.2 panics at `extends: {file: 1, service: a}`, and a
// tool must not fall over because of what a file says.
func guard[T any](load func() (T, error)) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("compose-go cannot read this: %v", p)
		}
	}()
	return load()
}

// clone copies a tree of maps and lists.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	}
	return v
}
