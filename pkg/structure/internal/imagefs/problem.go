package imagefs

import (
	"errors"
	"io/fs"
)

// Problem puts the error of an answer in words that follow a path; it is empty
// when there is none.
func (a Answer) Problem() string {
	switch {
	case a.Err == nil:
		return ""
	case errors.Is(a.Err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(a.Err, ErrLoop):
		return "leads through too many links"
	case errors.Is(a.Err, ErrBrokenLink):
		return "is a hard link to a file that its layer does not have"
	case errors.Is(a.Err, ErrNotRegular) && a.Mode.IsDir():
		return "is a directory, not a file"
	case errors.Is(a.Err, ErrNotRegular):
		return "is not a regular file"
	}
	return "cannot be read: " + a.Err.Error()
}
