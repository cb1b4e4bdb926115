package structure

import (
	"bytes"
	"errors"
	"io/fs"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/structure/internal/imagefs"
)

// maxContent is how large a file may be whose content is checked.
const maxContent = 16 << 20

// questions are those of all file tests, so that the image is read once.
func (f File) questions(config *v1.Config) []imagefs.Question {
	env := processEnvironment(config).with(f.Env)
	var questions []imagefs.Question
	for _, t := range f.Existence {
		path := env.expand(t.Path)
		questions = append(questions, imagefs.Question{Path: path}, imagefs.Question{Path: path, Follow: t.ExecutableBy != ""})
	}
	for _, t := range f.Contents {
		questions = append(questions, imagefs.Question{Path: env.expand(t.Path), Content: true})
	}
	return questions
}

// checkFiles holds the answers against the tests.
func checkFiles(file File, questions []imagefs.Question, answers []imagefs.Answer) []Result {
	var results []Result
	for i, t := range file.Existence {
		start := time.Now()
		found := t.check(questions[2*i].Path, answers[2*i], answers[2*i+1])
		results = append(results, verdict(FileExistence, t.Name, start, found))
	}
	rest := 2 * len(file.Existence)
	for i, t := range file.Contents {
		start := time.Now()
		found := t.check(questions[rest+i].Path, answers[rest+i])
		results = append(results, verdict(FileContent, t.Name, start, found))
	}
	return results
}

// check compares what is at the path, and what a symbolic link there leads to.
func (t ExistenceTest) check(path string, at, behind imagefs.Answer) (found problems) {
	switch {
	case at.Err != nil && !errors.Is(at.Err, fs.ErrNotExist):
		found.add("%s %s", path, at.Problem())
		return found
	case at.Err != nil && t.ShouldExist:
		found.add("%s does not exist", path)
		return found
	case at.Err != nil:
		return nil
	case !t.ShouldExist:
		found.add("%s exists (%s)", path, listed(at.Mode))
		return found
	}
	if t.Permissions != "" && !hasPermissions(at.Mode, t.Permissions) {
		found.add("%s: permissions are %s, not %s", path, listed(at.Mode), t.Permissions)
	}
	if t.UID != nil && *t.UID != int64(at.UID) {
		found.add("%s: owner is %d, not %d", path, at.UID, *t.UID)
	}
	if t.GID != nil && *t.GID != int64(at.GID) {
		found.add("%s: group is %d, not %d", path, at.GID, *t.GID)
	}
	if t.ExecutableBy != "" {
		t.checkExecutable(path, behind, &found)
	}
	return found
}

// checkExecutable looks behind a symbolic link, whose own bits mean nothing.
func (t ExistenceTest) checkExecutable(path string, behind imagefs.Answer, found *problems) {
	switch {
	case behind.Err != nil:
		found.add("%s is a symbolic link to what %s", path, behind.Problem())
	case !executableBy(behind.Mode, t.ExecutableBy):
		found.add("%s is not executable by %s: %s", path, t.ExecutableBy, listed(behind.Mode))
	}
}

func (t ContentTest) check(path string, at imagefs.Answer) (found problems) {
	if errors.Is(at.Err, imagefs.ErrTooLarge) {
		found.add("%s has more than %d MiB, which are not searched", path, maxContent>>20)
		return found
	}
	if at.Err != nil {
		found.add("%s %s", path, at.Problem())
		return found
	}
	for _, re := range t.Expected {
		if !re.Match(at.Content) {
			found.add("%s has no match of %#q%s", path, re, begins(at.Content))
		}
	}
	for _, re := range t.Excluded {
		if hit := re.FindIndex(at.Content); hit != nil {
			line := 1 + bytes.Count(at.Content[:hit[0]], []byte("\n"))
			found.add("%s:%d matches %#q, which is excluded: %s", path, line, re, excerpt(at.Content[hit[0]:hit[1]]))
		}
	}
	return found
}

// maxExcerpt is how much of a text a problem shows, in bytes.
const maxExcerpt = 200

// begins shows what a text without a match has instead.
func begins(text []byte) string {
	if len(text) == 0 {
		return "; it is empty"
	}
	return "; it is " + excerpt(text)
}

// excerpt is the beginning of a text on one line, in quotes.
func excerpt(text []byte) string {
	if len(text) <= maxExcerpt {
		return strconv.Quote(string(text))
	}
	return strconv.Quote(string(text[:maxExcerpt])) + "…"
}
