package project

import "slices"

// honoured are the keys of a Compose file that retort does something with, or
// leaves aside because nobody can tell the difference. A key stands for all
// that is below it, * for any key or list item. Every other key of Compose
// ends up in Project.Warnings; so does a key that Compose gains later, and a
// value that partlyHonoured has something to say about.
func honoured() []string {
	return append(carried(), harmless()...)
}

// carried are the keys that Service has a field for, and those that compose-go
// has dealt with.
func carried() []string {
	keys := []string{
		"name",
		"services.*.image",
		"services.*.profiles",
		"services.*.depends_on.*.condition",
		"services.*.depends_on.*.required",

		"configs.*.content",
		"configs.*.environment",
		"configs.*.file",
		"secrets.*.environment",
		"secrets.*.file",
		"volumes.*.external",
	}
	return slices.Concat(keys, carriedBuild(), carriedRun(), carriedMounts())
}

// carriedBuild are the keys that Build has a field for.
func carriedBuild() []string {
	return []string{
		"services.*.build.additional_contexts",
		"services.*.build.cache_from",
		"services.*.build.cache_to",
		"services.*.build.ssh",
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
	}
}

// carriedRun are the keys that Run has a field for, less those of
// carriedMounts.
func carriedRun() []string {
	return []string{
		"services.*.cap_add",
		"services.*.cap_drop",
		"services.*.command",
		"services.*.container_name",
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
		"services.*.network_mode",
		"services.*.networks.default.aliases",
		"services.*.pids_limit",
		"services.*.ports.*.protocol",
		"services.*.ports.*.target",
		"services.*.privileged",
		"services.*.read_only",
		"services.*.restart",
		"services.*.scale",
		"services.*.security_opt",
		"services.*.shm_size",
		"services.*.stdin_open",
		"services.*.stop_signal",
		"services.*.tmpfs",
		"services.*.tty",
		"services.*.ulimits",
		"services.*.user",
		"services.*.working_dir",
	}
}

// carriedMounts are the keys that Volume, Bind and File have a field for, and
// those that become an entry of Run.Tmpfs.
func carriedMounts() []string {
	return []string{
		"services.*.configs.*.gid",
		"services.*.configs.*.mode",
		"services.*.configs.*.source",
		"services.*.configs.*.target",
		"services.*.configs.*.uid",
		"services.*.secrets.*.gid",
		"services.*.secrets.*.mode",
		"services.*.secrets.*.source",
		"services.*.secrets.*.target",
		"services.*.secrets.*.uid",
		"services.*.volumes.*.bind.create_host_path",
		"services.*.volumes.*.read_only",
		"services.*.volumes.*.source",
		"services.*.volumes.*.target",
		"services.*.volumes.*.tmpfs.mode",
		"services.*.volumes.*.tmpfs.size",
		"services.*.volumes.*.type",
	}
}
