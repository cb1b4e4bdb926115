package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/scripts/internal/rootfs"
)

// golangName is the base that the Dockerfiles under examples name.
const golangName = "library/golang:1.26"

// golangImage is library/golang: the Go toolchain of this machine over busybox,
// laid out and configured as Docker Hub's. It has no C compiler and no git.
func golangImage(ctx context.Context, goroot, busybox string) (image, error) {
	version, err := toolchain(goroot)
	if err != nil {
		return image{}, err
	}
	base, err := busyboxTree(ctx, busybox)
	if err != nil {
		return image{}, err
	}
	layers, err := golangTrees(goroot)
	if err != nil {
		return image{}, err
	}
	key, err := keyOf([]string{busybox, certificates, filepath.Join(goroot, "VERSION"), filepath.Join(goroot, "go.env")}, "golang")
	if err != nil {
		return image{}, err
	}
	return image{
		name:   golangName,
		key:    key,
		layers: append([]*rootfs.Tree{base}, layers...),
		config: v1.Config{
			Env: []string{
				"PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"GOLANG_VERSION=" + version,
				"GOTOOLCHAIN=local",
				"GOPATH=/go",
			},
			WorkingDir: "/go",
			Cmd:        []string{"sh"},
		},
	}, nil
}

// toolchain gives the version of the toolchain, such as 1.26.8, after a look
// that its programs will run in the image.
func toolchain(goroot string) (string, error) {
	const hint = "install Go from https://go.dev/dl; its programs are static"
	data, err := os.ReadFile(filepath.Join(goroot, "VERSION"))
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("find the Go toolchain: %w", err), hint)
	}
	programs := []string{"bin/go"}
	for _, tool := range []string{"compile", "link", "asm", "vet"} {
		programs = append(programs, path.Join("pkg/tool/linux_"+runtime.GOARCH, tool))
	}
	for _, program := range programs {
		if err := checkStatic(filepath.Join(goroot, program), hint); err != nil {
			return "", err
		}
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimPrefix(strings.TrimSpace(line), "go"), nil
}

// golangTrees are the toolchain in two layers, programs and sources, which are
// packed and fetched side by side.
func golangTrees(goroot string) ([]*rootfs.Tree, error) {
	programs, sources := new(rootfs.Tree), new(rootfs.Tree)
	for dir, tree := range map[string]*rootfs.Tree{"bin": programs, "pkg": programs, "lib": sources, "src": sources} {
		if err := tree.Copy("/usr/local/go/"+dir, filepath.Join(goroot, dir), needed); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"VERSION", "go.env"} {
		if err := programs.File("/usr/local/go/"+name, filepath.Join(goroot, name)); err != nil {
			return nil, err
		}
	}
	for _, dir := range []string{"/go", "/go/bin", "/go/src"} {
		programs.Dir(dir, 0o777|fs.ModeSticky)
	}
	return []*rootfs.Tree{programs, sources}, nil
}

// needed leaves out the tests of the toolchain itself, a third of its size.
func needed(rel string, dir bool) bool {
	if dir {
		return path.Base(rel) != "testdata"
	}
	return !strings.HasSuffix(rel, "_test.go")
}
