package test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/report"
)

// readBack reads the reports that were collected, and writes each again in the
// form that every CI takes: Jenkins gives up on a whole build for one control
// character. What is no report stays as it is and is told.
func (sc *scope) readBack(out *Outcome) error {
	for _, path := range out.Reports {
		r, err := readReport(path)
		broken, truncated := errors.AsType[*report.TruncatedError](err)
		name := filepath.Base(path)
		switch {
		case truncated:
			sc.warn("report %s breaks off at line %d; what stands before is kept: %v", name, broken.Line, broken.Err)
		case errors.Is(err, report.ErrEmpty), errors.Is(err, report.ErrNotJUnit), errors.Is(err, report.ErrTooLarge):
			sc.warn("%s is left as it is: %v", name, err)
			continue
		case err != nil:
			return fmt.Errorf("read report: %w", err)
		}
		r = r.Map(sc.opts.Secrets.Text)
		var strict bytes.Buffer
		if err := report.Write(&strict, r); err != nil {
			return fmt.Errorf("write report %s: %w", name, err)
		}
		if err := os.WriteFile(path, strict.Bytes(), 0o666); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		out.Cases.Suites = append(out.Cases.Suites, r.Suites...)
	}
	return nil
}

func readReport(path string) (report.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return report.Report{}, err
	}
	defer func() { _ = f.Close() }()
	return report.Read(f, 0)
}
