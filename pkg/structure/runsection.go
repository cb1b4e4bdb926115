package structure

// runOptions reads containerRunOptions. What cannot be honoured is refused when
// the tests would mean something else without it.
func (v value) runOptions() RunOptions {
	if v.null() {
		return RunOptions{}
	}
	fields := v.fields("user", "privileged", "allocateTty", "envFile", "envVars", "capabilities",
		"drop_capabilities", "bindMounts", "network")
	for name, hint := range map[string]string{
		"bindMounts": "copy what the tests need into the image, or make it in setup",
		"envFile":    "write the values into globalEnvVars",
		"envVars":    "write the values into globalEnvVars",
	} {
		if option := fields[name]; !option.null() {
			option.hint(hint, "is not supported: a test must not depend on the machine that runs it")
		}
	}
	if fields["allocateTty"].flag(false) {
		fields["allocateTty"].warn("has no effect: commands run without a terminal, so that output and errors can be told apart")
	}
	return RunOptions{
		User:       fields["user"].text(),
		Privileged: fields["privileged"].flag(false),
		CapAdd:     fields["capabilities"].names(),
		CapDrop:    fields["drop_capabilities"].names(),
		Network:    fields["network"].network(),
	}
}

// network is "none", or empty for the network of the runner's choice.
func (v value) network() string {
	switch name := v.text(); name {
	case "", "none":
		return name
	case "bridge", "default":
		return ""
	default:
		v.hint("test what needs other services by a suite with depends_on", "network %q is not supported: none and bridge are", name)
		return ""
	}
}
