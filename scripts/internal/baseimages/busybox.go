package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/scripts/internal/rootfs"
)

// certificates is where Debian keeps the roots that TLS clients trust.
const certificates = "/etc/ssl/certs/ca-certificates.crt"

const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
	group  = "root:x:0:\nnogroup:x:65534:\n"
)

// busyboxImage is library/busybox: a shell and the usual commands.
func busyboxImage(ctx context.Context, binary string) (image, error) {
	tree, err := busyboxTree(ctx, binary)
	if err != nil {
		return image{}, err
	}
	key, err := keyOf([]string{binary, certificates}, "busybox")
	if err != nil {
		return image{}, err
	}
	return image{
		name:   "library/busybox:latest",
		key:    key,
		layers: []*rootfs.Tree{tree},
		config: v1.Config{
			Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
			Cmd: []string{"sh"},
		},
	}, nil
}

// busyboxTree is a small root file system around the static busybox.
func busyboxTree(ctx context.Context, binary string) (*rootfs.Tree, error) {
	if err := checkStatic(binary, "apt-get install busybox-static"); err != nil {
		return nil, err
	}
	applets, err := exec.CommandContext(ctx, binary, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("list the commands of %s: %w", binary, err)
	}
	tree := new(rootfs.Tree)
	for applet := range strings.FieldsSeq(string(applets)) {
		tree.Symlink("/bin/"+applet, "busybox")
	}
	if err := tree.File("/bin/busybox", binary); err != nil { // last: busybox lists itself
		return nil, err
	}
	tree.Symlink("/usr/bin/env", "/bin/env") // where scripts look for it
	tree.Data("/etc/passwd", 0o644, []byte(passwd))
	tree.Data("/etc/group", 0o644, []byte(group))
	tree.Dir("/root", 0o700)
	tree.Dir("/tmp", 0o777|fs.ModeSticky)
	tree.Dir("/var/tmp", 0o777|fs.ModeSticky)
	if err := tree.File(certificates, certificates); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return tree, nil
}
