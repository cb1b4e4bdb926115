package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func newRegistry(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

// writeFile writes a file below dir and gives its path.
func writeFile(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// newBusybox compiles a static program that lists three applets.
func newBusybox(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source := writeFile(t, dir, "busybox.go", []byte("package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"busybox\\nenv\\nsh\\n\") }\n"))
	binary := filepath.Join(dir, "busybox")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", binary, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// program is the start of an ELF file with one segment of the given kind.
func program(t *testing.T, segment elf.ProgType) []byte {
	t.Helper()
	head := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64,
	}
	var file bytes.Buffer
	for _, part := range []any{head, elf.Prog64{Type: uint32(segment)}} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// newToolchain makes a small GOROOT of programs that pass for static.
func newToolchain(t *testing.T) string {
	t.Helper()
	dir, tools := t.TempDir(), "pkg/tool/linux_"+runtime.GOARCH
	for _, name := range []string{"bin/go", tools + "/compile", tools + "/link", tools + "/asm", tools + "/vet"} {
		writeFile(t, dir, name, program(t, elf.PT_LOAD))
	}
	for _, name := range []string{"src/fmt/print.go", "src/fmt/print_test.go", "src/fmt/testdata/x.go", "lib/time/zoneinfo.zip", "test/huge.go"} {
		writeFile(t, dir, name, []byte("package x\n"))
	}
	writeFile(t, dir, "go.env", []byte("GOTOOLCHAIN=auto\n"))
	writeFile(t, dir, "VERSION", []byte("go1.26.8\ntime 2026-08-28T16:20:06Z\n"))
	return dir
}

func pull(t *testing.T, registry, image string) v1.Image {
	t.Helper()
	ref, err := name.ParseReference(registry + "/" + image)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(ref, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
	return img
}

// files are the paths of the image's file system.
func files(t *testing.T, img v1.Image) []string {
	t.Helper()
	var out bytes.Buffer
	flat := mutate.Extract(img)
	defer flat.Close()
	list := exec.CommandContext(t.Context(), "tar", "-t")
	list.Stdin, list.Stdout = flat, &out
	if err := list.Run(); err != nil {
		t.Fatal(err)
	}
	return strings.Fields(out.String())
}
