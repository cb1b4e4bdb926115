package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine/embedded/internal/orphans"
	"github.com/retort-ci/retort/pkg/engine/embedded/secondself"
	"github.com/retort-ci/retort/pkg/fault"
)

// Enter is EnterContext for a program that starts whatever happens.
func Enter(p Program) (code int, done bool, err error) {
	return EnterContext(context.Background(), p)
}

// EnterContext runs the program again, with the same arguments and environment, as
// process 1 of mount and pid namespaces of its own, and gives that run's exit code
// with done set: the caller ends with it. In the second run done is false, and the
// caller goes on. main calls it before anything else, once it is known that the
// embedded engine is wanted; so does TestMain. Only what the program does about
// signals comes before: from then on the second self is sent those that this
// process gets, also such as came earlier.
//
// A ctx that is over starts nothing, and the error is its cause. One that ends later
// is told to the second self by a signal: that of a cause with a method Signal, or
// else SIGTERM.
//
// When this process is killed, the kernel kills the second self, and with it every
// process in the namespace; mounts go with the last of them. Signals are handed on.
// The second self is in a process group of its own, so that a terminal's Ctrl-C
// reaches it once; it cannot read from the terminal.
//
// Who may not mount gets a user namespace besides, as its root: root with the IDs that
// there are, another user with those of /etc/subuid and /etc/subgid. Files still belong
// to the user outside.
//
// Where there can be no such namespaces the error is an infrastructure fault that
// says why, with the way out.
func EnterContext(ctx context.Context, p Program) (code int, done bool, err error) {
	if secondself.Is() {
		return 0, false, settle(p.Env)
	}
	users, err := ownUserNamespace(ctx)
	if err != nil {
		return 0, false, err
	}
	if users != nil {
		p.Env = environment(slices.Clone(p.Env))
	}
	code, err = secondself.Run(ctx, p, users)
	_, told := errors.AsType[*fault.Fault](err)
	switch {
	case err == nil:
		return code, true, nil
	case told || ctx.Err() != nil:
		return 0, false, err
	}
	return 0, false, forbidden(err)
}

// settle makes the namespaces the second self's own.
func settle(env []string) error {
	// What it runs must not see those outside.
	unix.CloseOnExec(secondself.ProcFD)
	unix.CloseOnExec(secondself.SettledFD)
	mapped := os.NewFile(secondself.MappedFD, "mapped")
	_, _ = io.Copy(io.Discard, mapped)
	_ = mapped.Close()
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return forbidden(fmt.Errorf("make mounts private: %w", err))
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return forbidden(fmt.Errorf("mount /proc: %w", err))
	}
	if err := ownRuncState(env); err != nil {
		return forbidden(err)
	}
	if err := collectAsOthers(); err != nil {
		return err
	}
	orphans.Reap()
	// BuildKit and containerd log to standard error what happens in the background.
	logrus.SetOutput(io.Discard)
	return unix.Close(secondself.SettledFD)
}
