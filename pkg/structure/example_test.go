package structure_test

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/retort-ci/retort/pkg/structure"
)

func ExampleCheck() {
	file, err := structure.Parse("structure.yaml", []byte(`
schemaVersion: 2.0.0
fileExistenceTests:
- {name: no shell, path: /bin/sh, shouldExist: false}
metadataTest: {user: nobody, exposedPorts: [8080]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	image, err := mutate.Config(empty.Image, v1.Config{User: "root", ExposedPorts: map[string]struct{}{"8080/tcp": {}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := structure.Check(context.Background(), file, image, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r.Kind, r.Name, r.Passed, r.Problems)
	}
	// Output:
	// fileExistenceTests no shell true []
	// metadataTest metadata false [user is "root", not "nobody"]
}
