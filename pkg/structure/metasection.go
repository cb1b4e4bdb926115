package structure

import "strings"

func (v value) metadataTest() *MetadataTest {
	if v.null() {
		return nil
	}
	fields := v.fields("envVars", "env", "unboundEnvVars", "unboundEnv", "labels", "entrypoint", "cmd",
		"exposedPorts", "unexposedPorts", "volumes", "unmountedVolumes", "workdir", "user")
	t := &MetadataTest{
		Env:              append(fields["envVars"].expectations(true), fields["env"].expectations(true)...),
		UnboundEnv:       append(fields["unboundEnvVars"].unbound(), fields["unboundEnv"].unbound()...),
		Labels:           fields["labels"].expectations(false),
		Entrypoint:       fields["entrypoint"].texts(),
		Cmd:              fields["cmd"].texts(),
		ExposedPorts:     fields["exposedPorts"].names(),
		UnexposedPorts:   fields["unexposedPorts"].names(),
		Volumes:          fields["volumes"].names(),
		UnmountedVolumes: fields["unmountedVolumes"].names(),
		Workdir:          fields["workdir"].text(),
		User:             fields["user"].text(),
	}
	if t.empty() {
		return nil
	}
	return t
}

// empty is true when nothing is checked.
func (t *MetadataTest) empty() bool {
	lists := len(t.Env) + len(t.UnboundEnv) + len(t.Labels) + len(t.ExposedPorts) + len(t.UnexposedPorts) +
		len(t.Volumes) + len(t.UnmountedVolumes)
	return lists == 0 && t.Entrypoint == nil && t.Cmd == nil && t.Workdir == "" && t.User == ""
}

// expectations are keys with the values they must have.
func (v value) expectations(variables bool) []Expectation {
	var all []Expectation
	for _, item := range v.items() {
		fields := item.fields("key", "value", "isRegex")
		e := Expectation{Value: fields["value"].text()}
		if variables {
			e.Key = fields["key"].variable(item)
		} else {
			e.Key = fields["key"].required(item)
		}
		if fields["isRegex"].flag(false) {
			e.Regex = fields["value"].regexp()
		}
		all = append(all, e)
	}
	return all
}

// unbound are keys alone; a value is read past, as container-structure-test does.
func (v value) unbound() []string {
	var all []string
	for _, item := range v.items() {
		fields := item.fields("key", "value", "isRegex")
		all = append(all, fields["key"].variable(item))
	}
	return all
}

// variable is the name of an environment variable.
func (v value) variable(of value) string {
	name := v.required(of)
	if strings.ContainsAny(name, "=\x00") {
		v.fail("%q cannot be the name of an environment variable", name)
	}
	return name
}
