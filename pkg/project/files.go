package project

import (
	"cmp"
	"path"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// files takes over a service's configs and secrets. What is in them is read
// when the service is run: who only builds or promotes need not have it.
// checkReferences has seen to it that it can be.
func (m *model) files(s types.ServiceConfig) []File {
	var files []File
	for i, c := range s.Configs {
		object := types.FileObjectConfig(m.compose.Configs[c.Source])
		files = append(files, m.file(types.FileReferenceConfig(c), object, "/", "services", s.Name, "configs", strconv.Itoa(i)))
	}
	for i, c := range s.Secrets {
		object := types.FileObjectConfig(m.compose.Secrets[c.Source])
		file := m.file(types.FileReferenceConfig(c), object, "/run/secrets/", "services", s.Name, "secrets", strconv.Itoa(i))
		file.Secret = true
		files = append(files, file)
	}
	return files
}

// file is one of them; dir is where a relative target goes.
func (m *model) file(ref types.FileReferenceConfig, object types.FileObjectConfig, dir string, at ...string) File {
	target := cmp.Or(ref.Target, ref.Source)
	if !path.IsAbs(target) {
		target = dir + target
	}
	if strings.HasSuffix(target, "/") {
		m.fileFault(at, "target", "%q is a directory; name a file", target)
	}
	file := File{
		Path: path.Clean(target), Source: object.File, Env: object.Environment,
		Mode: m.mode(ref.Mode, at), UID: m.id(ref.UID, "uid", at), GID: m.id(ref.GID, "gid", at),
	}
	// compose-go puts there what the variable says now.
	if object.Environment == "" {
		file.Content = object.Content
	}
	return file
}

// mode is 0 where nothing is said; 0 itself would say that none may read it.
func (m *model) mode(mode *types.FileMode, at []string) uint32 {
	if mode == nil {
		return 0
	}
	if *mode < 1 || *mode > 0o777 {
		m.fileFault(at, "mode", "must be permissions from 0001 to 0777, not %#o", *mode)
		return 0
	}
	return uint32(*mode)
}

// id is that of a user or group, 0 where nothing is said. Names are known only
// within an image.
func (m *model) id(text, key string, at []string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		m.fileFault(at, key, "%q is not a number", text)
	}
	return int(n)
}

// fileFault notes what is wrong with a key of a service's config or secret.
func (m *model) fileFault(at []string, key, format string, args ...any) {
	m.report.value(nil, below(at, key)...).fail(format, args...)
}
