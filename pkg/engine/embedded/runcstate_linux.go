package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"
)

// runtimeVariable names the user's own directory of things that end with a login:
// XDG Base Directory Specification.
const runtimeVariable = "XDG_RUNTIME_DIR"

// environment is what of it the second self has of a user who is not root.
func environment(env []string) []string {
	// Debian has runc where users do not look.
	path := "PATH=" + value(env, "PATH") + ":/usr/local/sbin:/usr/sbin:/sbin"
	drop := []string{"PATH="}
	if own := runtimeDir(env); own != "" && os.MkdirAll(own, 0o700) != nil { // another user's, as su(1) leaves it
		drop = append(drop, runtimeVariable+"=")
	}
	env = slices.DeleteFunc(env, func(pair string) bool {
		return slices.ContainsFunc(drop, func(prefix string) bool { return strings.HasPrefix(pair, prefix) })
	})
	return append(env, path)
}

// value is a variable's. Of two of one name the later counts.
func value(env []string, name string) string {
	for _, v := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// runtimeDir is where runc keeps what it knows in a user namespace, if that is
// not the machine's place: root may be anybody there, unless called so.
func runtimeDir(env []string) string {
	if own := value(env, runtimeVariable); own != "" && value(env, "USER") != "root" {
		return filepath.Join(own, "runc")
	}
	return ""
}

// ownRuncState lets what runc keeps of containers, runc(8) --root, end with the
// containers.
func ownRuncState(env []string) error {
	dir := "/run/runc"
	if own := runtimeDir(env); own != "" && userns.RunningInUserNS() {
		dir = own
	}
	err := os.MkdirAll(dir, 0o700)
	if errors.Is(err, fs.ErrPermission) {
		if err = ownRun(); err == nil {
			err = os.Mkdir(dir, 0o700)
		}
	}
	if err != nil {
		return err
	}
	return mountTmpfs(dir, "mode=0700")
}

func mountTmpfs(dir, options string) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		return fmt.Errorf("mount %s: %w", dir, err)
	}
	return nil
}

// ownRun makes a /run that can be written to, with all in it that is in the machine's.
func ownRun() error {
	before, err := os.Open("/run")
	if err != nil {
		return err
	}
	defer func() { _ = before.Close() }()
	entries, err := before.ReadDir(-1)
	if err != nil {
		return err
	}
	if err := mountTmpfs("/run", "mode=0755"); err != nil {
		return err
	}
	// The file still leads to what is below.
	from := "/proc/self/fd/" + strconv.Itoa(int(before.Fd()))
	for _, entry := range entries {
		err := again(filepath.Join(from, entry.Name()), filepath.Join("/run", entry.Name()), entry.Type())
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it is gone meanwhile
			return err
		}
	}
	return nil
}

// again lets what is at one place be at another, too.
func again(from, to string, kind fs.FileMode) error {
	var err error
	switch {
	case kind&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case kind.IsDir():
		err = os.Mkdir(to, 0o755)
	default:
		err = os.WriteFile(to, nil, 0o600)
	}
	if err != nil {
		return err
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s: %w", to, err)
	}
	return nil
}
