package project

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
		"configs.*.name",
		"networks.*.name",
		"secrets.*.name",
		"volumes.*.name",
		// A container runs once and is removed, not stopped, in the end.
		"services.*.depends_on.*.restart",
		"services.*.stop_grace_period",
		// They describe; no container behaves otherwise for them.
		"configs.*.labels",
		"secrets.*.labels",
		"services.*.annotations",
		"services.*.label_file",
		"services.*.labels",
		"services.*.volumes.*.volume.labels",
		"volumes.*.labels",
		// Output is always collected.
		"services.*.attach",
		"services.*.logging",
		// For people at work on the code.
		"services.*.develop",
		// While a service starts it is probed at short intervals anyway.
		"services.*.healthcheck.start_interval",
		// The normaliser adds it, empty, to every network.
		"networks.*.ipam",
		// Named where a service uses them.
		"models",
	}
}
