package gatewayrun

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// root is who the entering program is; it becomes the command's user.
const root = "0:0"

// run starts the container's first process.
func (c *container) run(ctx context.Context) error {
	given, err := c.orders(ctx)
	if err != nil {
		return err
	}
	var exit []string
	words := newSpeech(c.id, c.stderr, func(words []string) {
		if len(words) == 2 && words[0] == "exit" {
			exit = words
			return
		}
		select {
		case c.heard <- words:
		default: // nobody says so much
		}
	})
	c.first, err = c.gw.Start(c.live, gateway.StartRequest{
		Args: c.process.entered("init", c.id, c.process.args), Env: c.process.env, Cwd: c.process.cwd, User: root,
		Stdin: io.NopCloser(given), Stdout: closer{c.stdout}, Stderr: words, SecurityMode: securityMode(c.spec),
	})
	if err != nil {
		return err
	}
	close(c.begun)
	go func() {
		err := c.first.Wait()
		_ = words.Close()
		for _, g := range []*guard{c.stdout, c.stderr} {
			_ = g.failed() // Wait tells; here the listener has taken all
		}
		c.end(outcome(exit, err))
	}()
	return nil
}

func securityMode(spec engine.ContainerSpec) pb.SecurityMode {
	if spec.Privileged {
		return pb.SecurityMode_INSECURE
	}
	return pb.SecurityMode_SANDBOX
}

// orders are the container's own: files, names, and whose an empty volume is.
func (c *container) orders(ctx context.Context) (*bytes.Buffer, error) {
	o := &orders{}
	if err := o.hosts(c); err != nil {
		return nil, err
	}
	for _, m := range c.spec.Mounts {
		if !c.fresh[m.Volume] || m.ReadOnly {
			continue
		}
		// A volume begins as the directory of the image that it lies over.
		if _, at, err := c.image.stat(ctx, m.Path); err == nil {
			o.directory(path.Clean(m.Path), modeOf(fs.FileMode(at.Mode)), at.Uid, at.Gid)
		}
	}
	for _, f := range c.spec.Files {
		o.file(f)
	}
	o.end()
	return &o.Buffer, nil
}

// modeOf is chmod(2)'s number for the mode.
func modeOf(mode fs.FileMode) uint32 {
	number := uint32(mode.Perm())
	for bit, set := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if mode&set != 0 {
			number |= bit
		}
	}
	return number
}

// empty refuses a volume that has not begun over a directory of the image's that
// holds something: elsewhere a volume begins with a copy of that.
func (c *container) empty(ctx context.Context) error {
	for _, m := range c.spec.Mounts {
		if !c.fresh[m.Volume] {
			continue
		}
		at, found, err := c.image.stat(ctx, m.Path)
		if err != nil || !fs.FileMode(found.Mode).IsDir() {
			continue
		}
		entries, err := c.image.entries(ctx, at)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			return refuse("mount the volume over an empty directory, or let the container's command copy what it needs; or use --engine docker",
				"a new volume with a copy of what image %s has at %s (%s, …)", c.spec.Image, m.Path, path.Base(entries[0].Path))
		}
	}
	return nil
}

// obey takes the first word of the entering program.
func (c *container) obey(ctx context.Context, words []string) error {
	if len(words) == 2 && words[0] == "ready" {
		if c.network == nil {
			return nil
		}
		return c.network.join(ctx, c, words[1], c.spec.Aliases)
	}
	if len(words) < 3 || words[0] != "fail" {
		return fmt.Errorf("buildkit: start a container of %s: it said %q", c.spec.Image, words)
	}
	return c.failure(ctx, words)
}

// failure says what the entering program could not do.
func (c *container) failure(ctx context.Context, words []string) error {
	n, _ := strconv.Atoi(words[len(words)-1])
	what, errno := strings.Join(words[1:len(words)-1], " "), syscall.Errno(n)
	switch {
	case what == c.process.args[0]:
		return fmt.Errorf("%w: %s: %w", engine.ErrCommand, strings.Join(c.process.args, " "), errno)
	case what == "ulimits":
		return fault.Wrap(fault.Usage, fmt.Errorf("ulimits of a container of %s: %w", c.spec.Image, errno),
			"the worker's own limits are lower; choose lower ones")
	case strings.HasPrefix(what, "/"):
		if err := placing.Misplaced(ctx, c.image.look, c.spec, c.spec.Files); err != nil {
			return err
		}
	}
	return fmt.Errorf("buildkit: start a container of %s: %s: %w", c.spec.Image, what, errno)
}

// shared says whether the container's loopback device is that of others too.
func (c *container) shared() bool { return c.hostNet && c.netMode != pb.NetMode_NONE }

// covering is the index of the mount that a path is in: the root's, or a volume's.
func (c *container) covering(name string) (index int, below string) {
	below = name
	for i, m := range c.mounts {
		if m.MountType == pb.MountType_CACHE && placing.Within(name, m.Dest) && (index == 0 || len(m.Dest) > len(c.mounts[index].Dest)) {
			index, below = i, "/"+strings.TrimPrefix(strings.TrimPrefix(name, m.Dest), "/")
		}
	}
	return index, below
}

// hidden says that a path is in a tmpfs, which the daemon does not give out.
func (c *container) hidden(name string) bool {
	return slices.ContainsFunc(c.mounts, func(m gateway.Mount) bool {
		return m.MountType == pb.MountType_TMPFS && placing.Within(name, m.Dest)
	})
}
