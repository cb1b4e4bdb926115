//go:build unix

package promote

import (
	"os/exec"
	"syscall"
)

// alone gives the command a process group of its own, all of which ends with it:
// what a shell began would go on otherwise.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
