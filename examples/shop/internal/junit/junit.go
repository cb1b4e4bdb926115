// Package junit runs compiled Go tests and reports them as JUnit XML, the form
// that CI servers show.
package junit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jstemmer/go-junit-report/v2/gtr"
	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/jstemmer/go-junit-report/v2/parser/gotest"
)

// Run runs the test binary argv[0] with the arguments behind it, copies what
// it prints to out, and writes its cases to the file report, which names the
// suite. It returns the binary's exit code; an error means that there is no
// verdict or no report.
func Run(ctx context.Context, report string, out io.Writer, argv ...string) (code int, err error) {
	var printed bytes.Buffer
	code, err = execute(ctx, io.MultiWriter(out, &printed), argv)
	if err != nil {
		return code, err
	}
	name := strings.TrimSuffix(filepath.Base(report), filepath.Ext(report))
	cases, err := gotest.NewParser(gotest.PackageName(name)).Parse(&printed)
	if err != nil {
		return code, fmt.Errorf("read the output of %s: %w", argv[0], err)
	}
	if code != 0 && cases.IsSuccessful() {
		cases.Packages = append(cases.Packages, crashed(name, code))
	}
	return code, write(report, cases)
}

// execute returns the exit code, or an error when there is none.
func execute(ctx context.Context, out io.Writer, argv []string) (int, error) {
	cmd := exec.CommandContext(ctx, argv[0], append([]string{"-test.v"}, argv[1:]...)...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", argv[0], err)
	}
	return 0, nil
}

// crashed is the one case of a suite that failed outside its cases, so that
// the report never looks better than the exit code.
func crashed(name string, code int) gtr.Package {
	return gtr.Package{Name: name, RunError: gtr.Error{
		Name:   name,
		Cause:  fmt.Sprintf("exit status %d", code),
		Output: []string{fmt.Sprintf("no case failed, but the suite ended with exit status %d", code)},
	}}
}

func write(path string, cases gtr.Report) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	suites := junit.CreateFromReport(cases, "")
	if err := suites.WriteXML(f); err != nil {
		return fmt.Errorf("write the report %s: %w", path, err)
	}
	return nil
}
