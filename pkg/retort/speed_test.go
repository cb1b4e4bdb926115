package retort_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/retort"
	"github.com/retort-ci/retort/pkg/structure"
)

// The image whose files are checked: 5,000 of 20 KB in five layers, 100 MB.
const (
	imageLayers = 5
	layerFiles  = 1000
	fileSize    = 20 << 10
	fileChecks  = 20
)

// inImage is the path of a file that is checked; they lie in all layers.
func inImage(layer, i int) string { return fmt.Sprintf("/l%d/share/d%d/f%d", layer, i%50, i) }

// manyFiles builds the image and gives its name.
func manyFiles(ctx context.Context, b *testing.B, eng *dockertest.Engine, self owner.Owner) string {
	b.Helper()
	files := map[string]string{}
	dockerfile := probe.Dockerfile
	random := rand.NewChaCha8([32]byte{})
	content := make([]byte, fileSize)
	for layer := range imageLayers {
		for i := range layerFiles {
			_, _ = random.Read(content[:fileSize/3]) // so that it compresses as programs do
			files[inImage(layer, i)] = string(content)
		}
		dockerfile += fmt.Sprintf("COPY l%d /l%d\n", layer, layer)
	}
	name := "retort.local/bench/files:" + self.Run
	spec := engine.BuildSpec{Context: probe.Context(b, dockerfile, files), Labels: self.Labels(), Tags: []string{name}}
	if _, err := eng.Build(ctx, spec); err != nil {
		b.Fatal(err)
	}
	return name
}

// checks is the test file: half of the checks ask for a file's mode and owner,
// half for its content.
func checks() string {
	var existence, contents strings.Builder
	for i := range fileChecks / 2 {
		path := inImage(i%imageLayers, 100*i)
		fmt.Fprintf(&existence, "- {name: e%d, path: %s, shouldExist: true, permissions: -rw-r--r--, uid: 0}\n", i, path)
		fmt.Fprintf(&contents, "- {name: c%d, path: %s, expectedContents: ['\\x00+$']}\n", i, path)
	}
	return "schemaVersion: 2.0.0\nfileExistenceTests:\n" + existence.String() + "fileContentTests:\n" + contents.String()
}

// BenchmarkVersusStructureTest checks files of an image in the engine, as
// `retort test --image … --structure` does. container-structure-test is the
// program that RETORT_CST names; where it names none, its way of looking at a
// file is taken instead, without the program around it.
func BenchmarkVersusStructureTest(b *testing.B) {
	ctx, eng, self := benchEngine(b)
	image := manyFiles(ctx, b, eng, self)
	text := checks()
	file, err := structure.Parse("checks.yaml", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	peer := versus.Peer{Name: "a container for each check", Limit: 0.05}
	peer.Do = func() error { return containerEach(ctx, eng, image, file, self.Labels()) }
	if cst := os.Getenv("RETORT_CST"); cst != "" {
		peer.Name = "container-structure-test"
		peer.Do = func() error { return structureTest(ctx, b, cst, eng.Host(), image, text) }
	}
	versus.Run(b, versus.Work{
		Name: fmt.Sprintf("%d file checks on 5,000 files, 100 MB", fileChecks), Peers: []versus.Peer{peer},
		Ours: func() error { return checkImage(ctx, b, eng.Host(), image, file) },
	})
}

// checkImage opens and closes everything, as a process of its own does.
func checkImage(ctx context.Context, b *testing.B, host, image string, file structure.File) error {
	b.Helper()
	p := retort.OpenPlain(retort.Options{Dir: b.TempDir(), Env: []string{"DOCKER_HOST=" + host}})
	defer func() { _ = p.Close() }()
	result, err := p.CheckImage(ctx, retort.CheckImageOptions{Image: image, File: file})
	if err != nil {
		return err
	}
	return result.Err()
}

// containerEach does what the docker driver of container-structure-test does
// (pkg/drivers/docker_driver.go, StatFile and ReadFile), one check after the other.
func containerEach(ctx context.Context, eng *dockertest.Engine, image string, file structure.File, labels map[string]string) error {
	for _, check := range file.Existence {
		if _, err := readOne(ctx, eng, image, check.Path, labels); err != nil {
			return err
		}
	}
	for _, check := range file.Contents {
		content, err := readOne(ctx, eng, image, check.Path, labels)
		if err != nil {
			return err
		}
		if !check.Expected[0].Match(content) {
			return errors.New(check.Path + " has no match")
		}
	}
	return nil
}

func readOne(ctx context.Context, eng *dockertest.Engine, image, path string, labels map[string]string) ([]byte, error) {
	archive, err := eng.ReadBare(ctx, image, path, labels)
	if err != nil {
		return nil, err
	}
	r := tar.NewReader(bytes.NewReader(archive))
	if _, err := r.Next(); err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// structureTest runs the program itself.
func structureTest(ctx context.Context, b *testing.B, program, host, image, checks string) error {
	b.Helper()
	file := filepath.Join(b.TempDir(), "checks.yaml")
	if err := os.WriteFile(file, []byte(checks), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, "test", "--image", image, "--config", file)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+host)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
