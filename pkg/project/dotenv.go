package project

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/retort-ci/retort/pkg/fault"
)

// projectEnv is the environment for interpolation: env, and below it what a
// .env file in dir says.
func projectEnv(dir string, env []string) (types.Mapping, error) {
	all := types.Mapping{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	file := filepath.Join(dir, ".env")
	if !isFile(file) {
		return all, nil
	}
	vars := types.Mapping{}
	if err := readEnv(types.EnvFile{Path: file}, vars, all.Resolve); err != nil {
		return nil, fault.Wrap(fault.Usage, err, "")
	}
	return all.Merge(vars), nil
}

// readEnv reads a file of NAME=value lines into vars. Values may refer to what
// get knows and to what is in vars. What they refer to in vain is no concern
// of the project file's reader and not remembered.
func readEnv(file types.EnvFile, vars types.Mapping, get func(string) (string, bool)) error {
	content, err := os.ReadFile(file.Path)
	if err != nil {
		return fmt.Errorf("read environment file: %w", err)
	}
	lookup := unset{}.lookup(string(content), func(name string) (string, bool) {
		if value, ok := get(name); ok {
			return value, true
		}
		return vars.Resolve(name)
	})
	return dotenv.ParseWithFormat(bytes.NewReader(content), file.Path, vars, lookup, file.Format)
}

// resolveEnvironments completes each service's environment: names without a
// value take that of env, and what env_file says comes below the rest.
// compose-go would do the same, logging as it goes.
func (m *model) resolveEnvironments(env types.Mapping) error {
	for _, name := range slices.Sorted(maps.Keys(m.compose.Services)) {
		service := m.compose.Services[name]
		service.Environment = service.Environment.Resolve(env.Resolve)
		vars := service.Environment.ToMapping()
		for i, file := range service.EnvFiles {
			err := readEnv(file, vars, env.Resolve)
			if errors.Is(err, fs.ErrNotExist) && !bool(file.Required) {
				continue
			}
			if err != nil {
				at := m.report.places.item(i, "services", name, "env_file")
				m.report.add(at, "services.%s.env_file: %v", name, err)
			}
		}
		service.Environment = vars.ToMappingWithEquals().OverrideBy(service.Environment)
		m.compose.Services[name] = service
	}
	return m.err()
}
