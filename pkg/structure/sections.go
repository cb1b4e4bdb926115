package structure

import (
	"math"

	"go.yaml.in/yaml/v4"
)

// file reads the sections.
func (d *document) file(root value) File {
	fields := root.fields("schemaVersion", "globalEnvVars", "containerRunOptions", "fileExistenceTests",
		"fileContentTests", "metadataTest", "commandTests", "licenseTests")
	f := File{Env: fields["globalEnvVars"].variables(), Run: fields["containerRunOptions"].runOptions()}
	for _, v := range fields["fileExistenceTests"].items() {
		f.Existence = append(f.Existence, v.existenceTest())
	}
	for _, v := range fields["fileContentTests"].items() {
		f.Contents = append(f.Contents, v.contentTest())
	}
	for _, v := range fields["commandTests"].items() {
		f.Commands = append(f.Commands, v.commandTest())
	}
	f.Metadata = fields["metadataTest"].metadataTest()
	if v := fields["licenseTests"]; len(v.items()) > 0 {
		v.hint("remove licenseTests; what copyright files say can be asked by fileContentTests", "licences are not checked here")
	}
	return f
}

func (v value) existenceTest() ExistenceTest {
	fields := v.fields("name", "path", "shouldExist", "permissions", "uid", "gid", "isExecutableBy")
	t := ExistenceTest{
		Name:         fields["name"].required(v),
		Path:         fields["path"].required(v),
		ShouldExist:  fields["shouldExist"].flag(true),
		Permissions:  fields["permissions"].permissions(),
		UID:          fields["uid"].owner(),
		GID:          fields["gid"].owner(),
		ExecutableBy: fields["isExecutableBy"].oneOf("owner", "group", "other", "any"),
	}
	for name, set := range map[string]bool{
		"permissions": t.Permissions != "", "uid": t.UID != nil, "gid": t.GID != nil, "isExecutableBy": t.ExecutableBy != "",
	} {
		if set && !t.ShouldExist {
			fields[name].warn("has no effect where shouldExist is false")
		}
	}
	return t
}

// owner is a user's or a group's number. -1 stands for none, as in
// container-structure-test.
func (v value) owner() *int64 {
	id := v.number(-1, math.MaxUint32)
	if id != nil && *id < 0 {
		return nil
	}
	return id
}

// permissions is a mode as ls or fs.FileMode writes it.
func (v value) permissions() string {
	text := v.text()
	if text != "" && !isPermissions(text) {
		v.hint("write it as ls -l does, such as -rwxr-xr-x", "%q is not a permission string", text)
	}
	return text
}

func (v value) contentTest() ContentTest {
	fields := v.fields("name", "path", "expectedContents", "excludedContents")
	return ContentTest{
		Name:     fields["name"].required(v),
		Path:     fields["path"].required(v),
		Expected: fields["expectedContents"].regexps(),
		Excluded: fields["excludedContents"].regexps(),
	}
}

func (v value) commandTest() CommandTest {
	fields := v.fields("name", "setup", "teardown", "command", "args", "envVars", "exitCode",
		"expectedOutput", "excludedOutput", "expectedError", "excludedError")
	t := CommandTest{
		Name:           fields["name"].required(v),
		Setup:          fields["setup"].commands(),
		Teardown:       fields["teardown"].commands(),
		Command:        fields["command"].required(v),
		Args:           fields["args"].texts(),
		Env:            fields["envVars"].variables(),
		ExpectedOutput: fields["expectedOutput"].regexps(),
		ExcludedOutput: fields["excludedOutput"].regexps(),
		ExpectedError:  fields["expectedError"].regexps(),
		ExcludedError:  fields["excludedError"].regexps(),
	}
	if code := fields["exitCode"].number(0, 255); code != nil {
		t.ExitCode = int(*code)
	}
	return t
}

// commands are those of setup and teardown, each a list of words.
func (v value) commands() [][]string {
	var all [][]string
	for _, item := range v.items() {
		words := item.texts()
		if item.kind() != yaml.SequenceNode && !item.null() {
			continue
		}
		if len(words) == 0 || words[0] == "" {
			item.hint(`write a list of words: [["touch", "/tmp/x"]]`, "a command must not be empty")
		}
		all = append(all, words)
	}
	return all
}

func (v value) variables() []Variable {
	var all []Variable
	for _, item := range v.items() {
		fields := item.fields("key", "value")
		all = append(all, Variable{Key: fields["key"].variable(item), Value: fields["value"].text()})
	}
	return all
}
