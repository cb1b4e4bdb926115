//go:build linux

package containers

import (
	"cmp"
	"context"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	cdcontainers "github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/moby/sys/user"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// initPath is where the init program is in a container that wants one.
const initPath = "/sbin/docker-init"

// defaultPath is what Docker sets as PATH where neither image nor spec does.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// withProcess is what the container executes, as whom and where.
func (c *container) withProcess(ctx context.Context, client oci.Client, cc *cdcontainers.Container, s *oci.Spec) error {
	args, err := c.args()
	if err != nil {
		return err
	}
	as, err := c.user()
	if err != nil {
		return err
	}
	s.Process.User = as
	cwd, err := c.workingDir()
	if err != nil {
		return err
	}
	return oci.Compose(
		oci.WithProcessArgs(args...),
		oci.WithProcessCwd(cwd),
		oci.WithEnv([]string{defaultPath, "HOSTNAME=" + c.hostname}),
		oci.WithEnv(c.image.Config.Env),
		oci.WithEnv(c.spec.Env),
	)(ctx, client, cc, s)
}

// args puts together entrypoint and command as Docker does: an entrypoint of the
// spec's does away with the image's command.
func (c *container) args() ([]string, error) {
	args := c.command()
	if len(args) == 0 {
		return nil, fault.New(fault.Usage, "give it one, or set ENTRYPOINT or CMD in its Dockerfile", "image %s has no command", c.spec.Image)
	}
	if c.init != "" {
		args = append([]string{initPath, "--"}, args...)
	}
	return args, nil
}

func (c *container) command() []string {
	entrypoint, cmd := c.spec.Entrypoint, c.spec.Cmd
	if len(entrypoint) == 0 {
		if len(cmd) == 0 {
			cmd = c.image.Config.Cmd
		}
		if entrypoint == nil {
			entrypoint = c.image.Config.Entrypoint
		}
	}
	return slices.Concat(entrypoint, cmd)
}

// user looks names up in the container's own files.
func (c *container) user() (specs.User, error) {
	name := c.spec.User
	if name == "" {
		name = c.image.Config.User
	}
	passwd, group := c.tree.text("/etc/passwd"), c.tree.text("/etc/group")
	found, err := user.GetExecUser(name, &user.ExecUser{Home: "/"}, strings.NewReader(passwd), strings.NewReader(group))
	if err != nil {
		return specs.User{}, fault.Wrap(fault.Usage, fmt.Errorf("user %q of a container of %s: %w", name, c.spec.Image, err),
			"name one that the image has in /etc/passwd, or a number")
	}
	as := specs.User{UID: uint32(found.Uid), GID: uint32(found.Gid)} //nolint:gosec // GetExecUser bounds them
	for _, gid := range found.Sgids {
		as.AdditionalGids = append(as.AdditionalGids, uint32(gid)) //nolint:gosec // as above
	}
	return as, nil
}

// textLimit is how much of a file is read that names users.
const textLimit = 16 << 20

// text is a file's content, none where there is no such file.
func (t tree) text(name string) string {
	f, err := t.read(name)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	all, _ := io.ReadAll(io.LimitReader(f, textLimit))
	return string(all)
}

// workingDir is made where it is missing, as Docker does.
func (c *container) workingDir() (string, error) {
	dir := c.spec.WorkingDir
	if dir == "" {
		dir = c.image.Config.WorkingDir
	}
	dir = path.Join("/", dir)
	if (laid{path: dir}).late() {
		return dir, nil
	}
	made, err := c.tree.dir(dir)
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("working directory %s: %w", dir, err), "name a directory")
	}
	return dir, made.Close()
}

// findInit looks for an init program that needs nothing of an image.
func (c *container) findInit(context.Context) error {
	if !c.spec.Init {
		return nil
	}
	for _, name := range []string{"docker-init", "tini-static", "catatonit", "tini"} {
		if found, err := exec.LookPath(name); err == nil && static(found) {
			c.init = found
			return nil
		}
	}
	return fault.New(fault.Usage, "install one: apt-get install tini, apk add tini-static, dnf install catatonit; or leave out `init: true`",
		"the embedded engine finds no init program on PATH: docker-init, tini-static or catatonit")
}

// static says whether the program needs no loader.
func static(program string) bool {
	f, err := elf.Open(program)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return !slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

// unstartable says why the command cannot be executed; nil where it looks as if
// it could. It is asked when runc has failed.
func (c *container) unstartable() error {
	args := c.command()
	if strings.Contains(args[0], "/") {
		return c.executable(path.Join("/", c.oci.Process.Cwd, args[0]), args[0])
	}
	for _, e := range c.oci.Process.Env {
		dirs, ok := strings.CutPrefix(e, "PATH=")
		if !ok {
			continue
		}
		for dir := range strings.SplitSeq(dirs, ":") {
			if c.executable(path.Join("/", dir, args[0]), args[0]) == nil {
				return nil
			}
		}
	}
	return &exec.Error{Name: args[0], Err: exec.ErrNotFound}
}

func (c *container) executable(at, name string) error {
	if path.IsAbs(name) {
		at = path.Clean(name)
	}
	if (laid{path: at}).late() {
		return nil // out of sight from here
	}
	handle, err := c.tree.open(at)
	if err != nil {
		return &exec.Error{Name: name, Err: fs.ErrNotExist}
	}
	defer func() { _ = handle.Close() }()
	info, err := handle.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return &exec.Error{Name: name, Err: cmp.Or(err, os.ErrPermission)}
	}
	return nil
}

// commandLine is for messages.
func (c *container) commandLine() string { return strings.Join(c.command(), " ") }

// checkSpec finds what no container can be made of.
func checkSpec(s engine.ContainerSpec) error {
	for _, check := range []func(engine.ContainerSpec) error{checkStopSignal, checkUlimits, checkRights} {
		if err := check(s); err != nil {
			return err
		}
	}
	return nil
}
