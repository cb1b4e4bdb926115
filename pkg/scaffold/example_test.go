package scaffold_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/scaffold"
)

func ExampleNew() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	text := []byte("FROM scratch AS run\nFROM run AS test\nCMD [\"/test\"]\n")
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), text, 0o644); err != nil {
		log.Fatal(err)
	}
	plan, err := scaffold.New(context.Background(), scaffold.Options{Dir: dir, CI: []ci.System{ci.GitLab}})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range plan.Files {
		fmt.Println(f.Action, f.Path)
	}
	// Output:
	// create compose.yaml
	// create .gitlab-ci.yml
}
