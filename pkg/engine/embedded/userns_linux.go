package embedded

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/sys/user"

	"github.com/retort-ci/retort/pkg/engine/embedded/secondself"
	"github.com/retort-ci/retort/pkg/fault"
)

// idMaps are the users and groups of a user namespace: what newuidmap(1) and
// newgidmap(1) are told after the process.
type idMaps struct{ uids, gids []string }

// ownUserNamespace makes the second self root of a user namespace, where the user
// may not mount: nil where it needs none.
func ownUserNamespace(ctx context.Context) (*secondself.Users, error) {
	if may, err := mayMount(); err != nil || may {
		return nil, err
	}
	caps, err := allCapabilities()
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		return &secondself.Users{Caps: caps, Map: keepIDs}, nil
	}
	maps, err := findIDMaps("/etc/subuid", "/etc/subgid", os.Geteuid(), os.Getegid())
	return &secondself.Users{Caps: caps, Map: func(pid int) error {
		return maps.give(context.WithoutCancel(ctx), pid)
	}}, err
}

// keepIDs gives the process's namespace the users and groups that there are here, as
// root in an ordinary container may: CAP_SETUID and CAP_SETGID are among its rights.
func keepIDs(pid int) error {
	for _, file := range []string{"uid_map", "gid_map"} {
		here, err := user.ParseIDMapFile("/proc/self/" + file)
		if err != nil {
			return err
		}
		var lines strings.Builder
		for _, ids := range here {
			// The last of all IDs is left out: with it, it would look like no namespace.
			fmt.Fprintln(&lines, ids.ID, ids.ID, min(ids.Count, math.MaxUint32-1))
		}
		if err := os.WriteFile(filepath.Join("/proc", strconv.Itoa(pid), file), []byte(lines.String()), 0); err != nil {
			return err
		}
	}
	return nil
}

// allCapabilities are the kernel's.
func allCapabilities() ([]uintptr, error) {
	text, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return nil, err
	}
	last, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 6)
	all := make([]uintptr, 0, last+1)
	for c := range uintptr(last) + 1 {
		all = append(all, c)
	}
	return all, err
}

// findIDMaps lets the user be root in the namespace, and the subordinate IDs the
// others, from 1 on. With the user's own alone next to no image could be unpacked
// as it is: even the smallest distributions have files of a group shadow.
func findIDMaps(subuid, subgid string, uid, gid int) (*idMaps, error) {
	name := strconv.Itoa(uid)
	if entry, err := user.LookupUid(uid); err == nil {
		name = entry.Name
	}
	var maps idMaps
	for _, one := range []struct {
		file string
		own  int
		args *[]string
	}{{subuid, uid, &maps.uids}, {subgid, gid, &maps.gids}} {
		ranges, err := user.ParseSubIDFileFilter(one.file, func(s user.SubID) bool {
			return (s.Name == name || s.Name == strconv.Itoa(uid)) && s.SubID > 0 && s.Count > 0
		})
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, unmapped(name, err)
		}
		if len(ranges) == 0 {
			return nil, unmapped(name, fmt.Errorf("%s has no line for %s", one.file, name))
		}
		*one.args = mapping(one.own, ranges)
	}
	for _, helper := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(helper); err != nil {
			return nil, unmapped(name, err)
		}
	}
	return &maps, nil
}

// mapping lists triples: first ID inside, first ID outside, how many.
func mapping(own int, ranges []user.SubID) []string {
	args := []string{"0", strconv.Itoa(own), "1"}
	next := int64(1)
	for _, r := range ranges {
		args = append(args, strconv.FormatInt(next, 10), strconv.FormatInt(r.SubID, 10), strconv.FormatInt(r.Count, 10))
		next += r.Count
	}
	return args
}

// give maps the IDs in the namespace of the process, which the kernel lets a
// setuid program do, and the user for itself alone.
func (m *idMaps) give(ctx context.Context, pid int) error {
	for _, one := range []struct {
		helper string
		args   []string
	}{{"newuidmap", m.uids}, {"newgidmap", m.gids}} {
		said, err := exec.CommandContext(ctx, one.helper, append([]string{strconv.Itoa(pid)}, one.args...)...).CombinedOutput() //nolint:gosec // its arguments are numbers
		if err != nil {
			return unmapped(strconv.Itoa(os.Geteuid()), fmt.Errorf("%s: %w: %s", one.helper, err, strings.TrimSpace(string(said))))
		}
	}
	return nil
}

// unmapped is why the user has no subordinate IDs.
func unmapped(name string, err error) error {
	hint := fmt.Sprintf("as root: apt-get install uidmap, and a line %s:100000:65536, with IDs that are nobody's, in each of /etc/subuid and /etc/subgid", name)
	_, failed := errors.AsType[*exec.ExitError](err)
	bound, unknown := hasSysAdmin("CapBnd")
	switch {
	case failed && status("NoNewPrivs") == "1":
		hint = "let newuidmap have rights that this process has not: in Kubernetes securityContext.allowPrivilegeEscalation, with docker run no security option no-new-privileges"
	case failed && unknown == nil && !bound:
		// A setuid program is not the namespace's maker, and may write its maps with
		// CAP_SYS_ADMIN alone, which a container keeps from it.
		hint = "as root, in the container's image: setcap cap_setuid+ep /usr/bin/newuidmap; setcap cap_setgid+ep /usr/bin/newgidmap; chmod u-s both"
	}
	return fault.Wrap(fault.Infrastructure,
		fmt.Errorf("the embedded engine needs subordinate user and group IDs when it is not run as root: %w", err),
		hint+"; or use --engine with a Docker or BuildKit daemon")
}
