package ci

// woodpecker reads Woodpecker's variables. CI is the system's name. As in
// Drone, CI_COMMIT_BRANCH is the target of a pull request, nothing is told
// about forks, and secrets are kept from pull requests unless allowed.
func woodpecker() table {
	return table{
		system: Woodpecker,
		marks:  []when{{"CI", "woodpecker"}, {"CI_SYSTEM_NAME", "woodpecker"}},
		events: []rule[Event]{
			{when{"CI_PIPELINE_EVENT", "pull_request*"}, PullRequest}, // also …_closed, …_metadata
			{when{"CI_PIPELINE_EVENT", "cron"}, Cron},
			{when{"CI_COMMIT_TAG", ""}, Tag},
			{when{"CI_PIPELINE_EVENT", "push"}, Push},
		},
		secrets: []rule[bool]{
			{when{"CI_PIPELINE_EVENT", "pull_request*"}, false},
		},
		branch:      env("CI_COMMIT_BRANCH"),
		tag:         env("CI_COMMIT_TAG"),
		commit:      env("CI_COMMIT_SHA"),
		pullRequest: env("CI_COMMIT_PULL_REQUEST"),
		head:        env("CI_COMMIT_SOURCE_BRANCH"),
		base:        env("CI_COMMIT_TARGET_BRANCH", "CI_COMMIT_BRANCH"),
		buildID:     env("CI_PIPELINE_NUMBER"),
		buildNumber: env("CI_PIPELINE_NUMBER"),
		job:         env("CI_WORKFLOW_NAME", "CI_STEP_NAME"),
		actor:       env("CI_PIPELINE_AUTHOR", "CI_COMMIT_AUTHOR"), // older versions have it as the second alone
		slug:        env("CI_REPO"),
		url:         []string{"${CI_PIPELINE_URL}"},
	}
}
