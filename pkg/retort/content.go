package retort

import (
	"fmt"
	"io"
	"os"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// maxContent is how large a config or a secret may be, in bytes: each container
// of a suite gets its own copy over the engine's connection.
const maxContent = 16 << 20

// content gives what is in a config or a secret.
func (p *Pipeline) content(f project.File) ([]byte, error) {
	switch {
	case f.Env != "":
		value, ok := p.Project.Getenv(f.Env)
		if !ok {
			value, ok = p.lookupEnv(f.Env)
		}
		if !ok {
			return nil, fault.New(fault.Usage, "set "+f.Env, "the content of %s is that of variable %s, which is not set", f.Path, f.Env)
		}
		return []byte(value), nil
	case f.Source != "":
		content, err := readAtMost(f.Source, maxContent)
		if err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("content of %s: %w", f.Path, err), "")
		}
		return content, nil
	}
	return []byte(f.Content), nil
}

func readAtMost(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s has more than %d MiB", path, limit>>20)
	}
	return content, err
}
