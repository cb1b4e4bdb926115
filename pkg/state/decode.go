package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/retort-ci/retort/pkg/fault"
)

// maxSize bounds what is read of the file. A run of a thousand services stays
// below a tenth of it.
const maxSize = 8 << 20

// DamagedError tells that the file is there but is not a whole run.
type DamagedError struct {
	Path   string
	Offset int64 // in bytes, where reading it came to an end
	Err    error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: %v", e.Path, e.Offset, e.Err)
}

// Unwrap gives the cause to errors.Is and errors.As.
func (e *DamagedError) Unwrap() error { return e.Err }

// read gives the run in the file at path, and the zero Run when there is none.
func read(path string) (Run, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return Run{}, nil
	}
	if err != nil {
		return Run{}, fmt.Errorf("reading the run's state: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return Run{}, fmt.Errorf("reading the run's state: %w", err)
	}
	return decode(path, data)
}

// decode reads a whole file. What it does not know it ignores: the version says
// whether that is safe.
func decode(path string, data []byte) (Run, error) {
	damaged := func(offset int64, err error) (Run, error) {
		err = &DamagedError{Path: path, Offset: offset, Err: err}
		return Run{}, fault.Wrap(fault.Usage, err, "run retort build again")
	}
	if len(data) > maxSize {
		return damaged(maxSize, fmt.Errorf("larger than %d bytes", maxSize))
	}
	// The version comes first: a newer file may have other shapes.
	var head struct{ Version int }
	if err := json.Unmarshal(data, &head); err != nil {
		return damaged(offsetOf(err), err)
	}
	if head.Version < 1 {
		return damaged(0, errors.New("it has no version"))
	}
	if head.Version > Version {
		return Run{}, fault.New(fault.Usage, "use that retort here too, or remove the file and run retort build again",
			"%s is of a newer retort: its version is %d, this retort knows %d", path, head.Version, Version)
	}
	var run Run
	if err := json.Unmarshal(data, &run); err != nil {
		return damaged(offsetOf(err), err)
	}
	return run, nil
}

// offsetOf is where the JSON stopped making sense.
func offsetOf(err error) int64 {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return e.Offset
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return e.Offset
	}
	return 0
}

func encode(run Run) ([]byte, error) {
	run.Version = Version
	data, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the run's state: %w", err)
	}
	return append(data, '\n'), nil
}
