package project

// honoured are the keys of a Compose file that retort does something with, or
// leaves aside because nobody can tell the difference. A key stands for all
// that is below it, * for any key or list item. Every other key of Compose
// ends up in Project.Warnings; so does a key that Compose gains later.
func honoured() []string {
	return append(carried(), harmless()...)
}

// carried are the keys that Service, Build and Run have a field for, and those
// that compose-go has dealt with.
func carried() []string {
	return []string{
		"name",
		"services.*.image",
		"services.*.profiles",
		"services.*.depends_on.*.condition",
		"services.*.depends_on.*.required",

		"services.*.build.additional_contexts",
		"services.*.build.args",
		"services.*.build.context",
		"services.*.build.dockerfile",
		"services.*.build.dockerfile_inline",
		"services.*.build.extra_hosts",
		"services.*.build.labels",
		"services.*.build.network",
		"services.*.build.no_cache",
		"services.*.build.platforms",
		"services.*.build.secrets.*.source",
		"services.*.build.secrets.*.target",
		"services.*.build.target",
		"secrets.*.environment",
		"secrets.*.file",

		"services.*.cap_add",
		"services.*.cap_drop",
		"services.*.command",
		"services.*.cpus",
		"services.*.deploy.resources.limits.cpus",
		"services.*.deploy.resources.limits.memory",
		"services.*.deploy.resources.limits.pids",
		"services.*.entrypoint",
		"services.*.env_file",
		"services.*.environment",
		"services.*.expose",
		"services.*.extra_hosts",
		"services.*.healthcheck.disable",
		"services.*.healthcheck.interval",
		"services.*.healthcheck.retries",
		"services.*.healthcheck.start_period",
		"services.*.healthcheck.test",
		"services.*.healthcheck.timeout",
		"services.*.hostname",
		"services.*.init",
		"services.*.mem_limit",
		"services.*.networks.default.aliases",
		"services.*.pids_limit",
		"services.*.ports.*.protocol",
		"services.*.ports.*.target",
		"services.*.privileged",
		"services.*.read_only",
		"services.*.stop_signal",
		"services.*.tmpfs",
		"services.*.user",
		"services.*.working_dir",
	}
}

// harmless are the keys that mean nothing here.
func harmless() []string {
	return []string{
		// Nothing is published on the host: containers meet on a network of
		// their own.
		"services.*.ports.*.app_protocol",
		"services.*.ports.*.host_ip",
		"services.*.ports.*.mode",
		"services.*.ports.*.name",
		"services.*.ports.*.published",
		// A run has its own names, so that several can go on side by side.
		"services.*.container_name",
		"networks.*.name",
		"secrets.*.name",
		// A container runs once, alone, and is removed, not stopped, in the end.
		"services.*.depends_on.*.restart",
		"services.*.restart",
		"services.*.scale",
		"services.*.stop_grace_period",
		// They describe; no container behaves otherwise for them.
		"services.*.annotations",
		"services.*.label_file",
		"services.*.labels",
		// Output is always collected, input never given.
		"services.*.attach",
		"services.*.logging",
		"services.*.stdin_open",
		"services.*.tty",
		// For people at work on the code.
		"services.*.develop",
		// While a service starts it is probed at short intervals anyway.
		"services.*.healthcheck.start_interval",
		// The normaliser adds it, empty, to every network.
		"networks.*.ipam",
		// Named where a service uses them.
		"configs",
		"models",
		"volumes",
	}
}
