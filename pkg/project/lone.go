package project

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/loader"

	"github.com/retort-ci/retort/pkg/fault"
)

// ErrNone says that a directory holds no project.
var ErrNone = errors.New("no compose file and no Dockerfile")

// loadDockerfile makes a project of one service out of a directory that has
// nothing but a Dockerfile.
func loadDockerfile(dir, name string) (*Project, error) {
	if !isFile(filepath.Join(dir, "Dockerfile")) {
		return nil, fault.New(fault.Usage,
			"write a Dockerfile or a compose.yaml, or say where they are with -C DIR or -f FILE",
			"%w in %s", ErrNone, dir)
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if name == "" {
		name = loader.NormalizeProjectName(filepath.Base(dir))
	}
	if name == "" {
		return nil, namelessFault(dir)
	}
	return &Project{
		Name:     name,
		Dir:      dir,
		Services: []Service{{Name: name, Build: &Build{Context: dir, Dockerfile: "Dockerfile"}}},
	}, nil
}

// checkName refuses a project name that Compose would refuse; the empty name
// is none and fine.
func checkName(name string) error {
	normal := loader.NormalizeProjectName(name)
	if name == normal {
		return nil
	}
	hint := "take lower-case letters, digits, - and _, a letter or digit first"
	if normal != "" {
		hint = fmt.Sprintf("%q would do", normal)
	}
	return fault.New(fault.Usage, hint, "%q is not a valid project name", name)
}

func namelessFault(dir string) error {
	return fault.New(fault.Usage, "give the project a name: `name: shop` in a compose.yaml",
		"no project name can be made of the directory %s", dir)
}
