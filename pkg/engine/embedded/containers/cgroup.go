//go:build linux

package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	cdcontainers "github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/moby/sys/mountinfo"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// cgroups are the control groups of this process's containers: one hierarchy
// (version 2), or one for each controller (version 1).
type cgroups struct {
	group       string            // of all containers, from the root of each hierarchy
	unified     string            // where version 2 is mounted; empty with version 1
	mounted     []string          // where hierarchies are mounted
	controllers map[string]string // mount point of each that can be written
}

// findCgroups makes the group in every hierarchy. Where that is not allowed there
// are no controllers.
func findCgroups(group string) cgroups {
	g := cgroups{group: group, controllers: map[string]string{}}
	mounts, err := mountinfo.GetMounts(mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	if err != nil {
		return g
	}
	for _, m := range mounts {
		g.mounted = append(g.mounted, m.Mountpoint)
		if m.FSType == "cgroup2" && m.Mountpoint == "/sys/fs/cgroup" {
			g.unified = m.Mountpoint
		}
	}
	for _, at := range g.mounted {
		if makeGroup(filepath.Join(at, group)) != nil {
			g.remove()
			return g
		}
	}
	if g.unified != "" {
		g.delegate()
		return g
	}
	for _, m := range mounts {
		for c := range strings.SplitSeq(m.VFSOptions, ",") {
			g.controllers[c] = m.Mountpoint
		}
	}
	return g
}

// makeTries is how often a group is made while others remove its parent. Between
// two looks at it they would have to do so each time.
const makeTries = 100

// makeGroup makes the directory. A process that ends removes the parent of all
// groups when it is empty, which can be between the making of the two.
func makeGroup(dir string) error {
	for tries := 1; ; tries++ {
		err := os.MkdirAll(dir, 0o755)
		vanished := errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENODEV)
		if !vanished || tries == makeTries {
			return err
		}
	}
}

// delegate hands the controllers of version 2 down to the group. The kernel
// refuses where processes are in a group on the way.
func (g *cgroups) delegate() {
	at := g.unified
	for name := range strings.SplitSeq(strings.Trim(g.group, "/"), "/") {
		for _, c := range []string{"memory", "cpu", "pids"} {
			_ = os.WriteFile(filepath.Join(at, "cgroup.subtree_control"), []byte("+"+c), 0o600)
		}
		at = filepath.Join(at, name)
	}
	text, _ := os.ReadFile(filepath.Join(at, "cgroup.controllers"))
	for c := range strings.FieldsSeq(string(text)) {
		g.controllers[c] = g.unified
	}
}

// writable says whether there are any.
func (g cgroups) writable() bool { return len(g.controllers) > 0 }

func (g cgroups) has(controller string) bool { return g.controllers[controller] != "" }

// path is the group of one container. Without one runc leaves it in this
// process's, see Runtime.New.
func (g cgroups) path(id string) string {
	if !g.writable() {
		return ""
	}
	return filepath.Join(g.group, id)
}

// beside are the same hierarchies with another group.
func (g cgroups) beside(group string) cgroups {
	g.group = group
	return g
}

// remove removes the group and those in it, in all hierarchies. One that still has
// processes is kept by the kernel.
func (g cgroups) remove() {
	for _, top := range g.tops() {
		for _, dir := range append(below(top), top) {
			_ = os.Remove(dir)
		}
		_ = os.Remove(filepath.Dir(top)) // when it was the last one
	}
}

// clear removes the group of a dead process: what may still run in it is killed.
// It fails when the group is still there at the end of ctx, or soon after: the
// kernel closes a process's files, and so gives up its lock, before it ends the
// others in its pid namespace.
func (g cgroups) clear(ctx context.Context) error {
	tick := time.NewTicker(clearTick)
	defer tick.Stop()
	for end := time.After(clearLimit); ; {
		g.kill()
		g.remove()
		tops := g.tops()
		if len(tops) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-end:
			return fmt.Errorf("processes of a dead run are still in the control group %s", tops[0])
		}
	}
}

const (
	clearTick  = 5 * time.Millisecond
	clearLimit = 2 * time.Second
)

// kill ends those processes in the group that can be seen from here.
func (g cgroups) kill() {
	for _, top := range g.tops() {
		for _, dir := range below(top) {
			text, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
			for word := range strings.FieldsSeq(string(text)) {
				if pid, err := strconv.Atoi(word); err == nil && pid > 0 { // 0 is one of another pid namespace
					_ = unix.Kill(pid, unix.SIGKILL)
				}
			}
		}
	}
}

// tops are the group's directories that there are.
func (g cgroups) tops() []string {
	var there []string
	for _, at := range g.mounted {
		top := filepath.Join(at, g.group)
		if _, err := os.Stat(top); err == nil {
			there = append(there, top)
		}
	}
	return there
}

// below are the directories of the containers' groups.
func below(top string) []string {
	files, _ := filepath.Glob(filepath.Join(top, "*", "cgroup.procs"))
	for i, f := range files {
		files[i] = filepath.Dir(f)
	}
	return files
}

// withMemory bounds memory, with no swap beside it: a leak fails soon.
func (g cgroups) withMemory(limit int64) oci.SpecOpts {
	return func(_ context.Context, _ oci.Client, _ *cdcontainers.Container, s *oci.Spec) error {
		s.Linux.Resources.Memory = &specs.LinuxMemory{Limit: &limit}
		for _, file := range []string{"memory.memsw.limit_in_bytes", "memory.swap.max"} {
			if _, err := os.Stat(filepath.Join(g.controllers["memory"], g.group, file)); err == nil {
				s.Linux.Resources.Memory.Swap = &limit
			}
		}
		return nil
	}
}

// oom says whether the kernel ended a process of the container for lack of memory.
func (g cgroups) oom(id string) bool {
	if !g.has("memory") {
		return false
	}
	for _, file := range []string{"memory.events", "memory.oom_control"} {
		text, err := os.ReadFile(filepath.Join(g.controllers["memory"], g.group, id, file))
		if err != nil {
			continue
		}
		words := strings.Fields(string(text))
		if i := slices.Index(words, "oom_kill"); i >= 0 && i+1 < len(words) {
			n, _ := strconv.Atoi(words[i+1])
			return n > 0
		}
	}
	return false
}
