// Package buildkitdtest gives tests a real BuildKit daemon of their own: with its
// own state directory, in its own mount and process namespaces, so that whatever
// becomes of the test, no process and no mount is left.
package buildkitdtest

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options choose how the daemon is reached and what it is told.
type Options struct {
	// TCP lets it listen on a port of the loopback; a unix socket otherwise.
	TCP bool
	// TLS is TCP with certificates of both sides, made for this daemon.
	TLS bool
	// Bridge gives containers a network of their own, BuildKit's bridge, within a
	// network namespace of the daemon's: it reaches no port of this machine, and is
	// reached by a unix socket alone.
	Bridge bool
	// Root is its state directory, which outlives it; one that goes with the test
	// when empty.
	Root string
	// Platform is that of its worker ("linux/arm64"), which then can run nothing; this
	// machine's when empty.
	Platform string
	// Config is the text of its buildkitd.toml, without a table worker.oci.
	Config string
}

// Daemon is a running one.
type Daemon struct {
	// Address is how clients name it: unix:///… or tcp://127.0.0.1:PORT.
	Address string
	// Certs is the directory of a client's ca.pem, cert.pem and key.pem, for TLS.
	Certs string
	// Buildctl is the path of BuildKit's own client, of the same version.
	Buildctl string

	cmd    *exec.Cmd
	log    *log
	group  string
	killed sync.Once
}

// startLimit is how long it may take until it listens, on a busy machine.
const startLimit = time.Minute

// Start starts a daemon that ends with the test. Where this machine cannot run one
// the test is skipped; where CI=true it fails, so that a broken agent does not look
// like success.
func Start(tb testing.TB, opts Options) *Daemon {
	tb.Helper()
	binary := find(tb)
	d := &Daemon{
		Buildctl: filepath.Join(filepath.Dir(binary), "buildctl"),
		log:      newLog(), group: "retort-test-" + rand.Text(),
	}
	d.cmd = exec.CommandContext(context.WithoutCancel(tb.Context()), "unshare", slices.Concat([]string{
		"--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL",
	}, namespace(opts), []string{binary}, d.args(tb, opts))...)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	d.cmd.SysProcAttr = attributes()
	if err := d.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(d.Kill)
	ended := make(chan error, 1)
	go func() { ended <- d.cmd.Wait(); d.log.end() }()
	select {
	case at := <-d.log.listens:
		d.Address = "unix://" + at
		if !strings.HasPrefix(at, "/") {
			d.Address = "tcp://" + at
		}
	case err := <-ended:
		ended <- err
		tb.Fatalf("buildkitd ended: %v\n%s", err, d.log)
	case <-time.After(startLimit):
		tb.Fatalf("buildkitd does not listen after %s\n%s", startLimit, d.log)
	}
	return d
}

// args are the daemon's.
func (d *Daemon) args(tb testing.TB, opts Options) []string {
	tb.Helper()
	// A socket's path has 107 bytes at most.
	sockets, err := os.MkdirTemp("", "bkd") //nolint:usetesting // its path is too long
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(sockets) })
	config := filepath.Join(sockets, "buildkitd.toml")
	// Its containers' control groups are all below one, so that none of them stays.
	text := opts.Config + "\n[worker.oci]\n  defaultCgroupParent = \"" + d.group + "\"\n"
	if opts.Platform != "" {
		text += "  platforms = [\"" + opts.Platform + "\"]\n"
	}
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	root := opts.Root
	if root == "" {
		root = tb.TempDir()
	}
	args := []string{
		"--config", config, "--root", root, "--oci-worker=true", "--containerd-worker=false",
		"--otel-socket-path", filepath.Join(sockets, "otel.sock"),
	}
	if opts.Bridge {
		args = append(args, "--oci-worker-net=bridge", "--oci-cni-binary-dir", findPlugins(tb))
	}
	if !opts.TCP && !opts.TLS {
		return append(args, "--addr", "unix://"+filepath.Join(sockets, "d.sock"))
	}
	args = append(args, "--addr", "tcp://127.0.0.1:0")
	if opts.TLS {
		certs := NewCerts(tb)
		d.Certs = certs.Client
		args = append(args, "--tlscacert", filepath.Join(certs.Server, "ca.pem"),
			"--tlscert", filepath.Join(certs.Server, "cert.pem"), "--tlskey", filepath.Join(certs.Server, "key.pem"))
	}
	return args
}

// Kill ends the daemon and everything it has started, without a warning, and
// waits until it is gone. Killing twice is no error.
func (d *Daemon) Kill() {
	d.killed.Do(func() {
		// The end of its namespace's first process is that of all others and of the
		// mounts; unshare, which waits for it, ends after that.
		if !killFirst(d.cmd.Process.Pid) {
			_ = d.cmd.Process.Kill()
		}
		<-d.log.ended
		removeGroups(d.group)
	})
}

// Stop lets the daemon hang until the test ends: it keeps its connections, and does
// nothing.
func (d *Daemon) Stop(tb testing.TB) {
	tb.Helper()
	if !holdDaemon(d.cmd.Process.Pid, true) {
		tb.Fatal("buildkitd is not there to be stopped")
	}
	tb.Cleanup(func() { holdDaemon(d.cmd.Process.Pid, false) })
}

// Group is the control group below which its containers run, in each hierarchy.
func (d *Daemon) Group() string { return d.group }

// Log is what the daemon has printed last.
func (d *Daemon) Log() string { return d.log.String() }
