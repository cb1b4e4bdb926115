package ci

// jenkins reads what Jenkins core sets (BUILD_…, JOB_NAME), the branch API in
// multibranch projects (BRANCH_NAME, CHANGE_…, TAG_NAME), the git plugin
// (GIT_…), the pull request plugins of freestyle jobs (ghprb…, gitlab…), and the
// build user vars plugin where the job is wrapped in it (BUILD_USER…).
// JENKINS_URL is missing where nobody configured it.
func jenkins() table {
	return table{
		system: Jenkins,
		marks:  []when{{"JENKINS_URL", ""}, {"BUILD_TAG", ""}},
		events: []rule[Event]{
			{when{"CHANGE_ID", ""}, PullRequest},
			{when{"ghprbPullId", ""}, PullRequest},
			{when{"gitlabMergeRequestIid", ""}, PullRequest},
			{when{"BUILD_CAUSE_TIMERTRIGGER", "true"}, Cron}, // set by the EnvInject plugin alone
			{when{"TAG_NAME", ""}, Tag},
			{when{"BRANCH_NAME", ""}, Push},
			{when{"GIT_BRANCH", "detached"}, Unknown},
			{when{"GIT_BRANCH", ""}, Push},
		},
		forks: []rule[bool]{
			{when{"CHANGE_FORK", ""}, true},
			{when{"CHANGE_ID", ""}, false},
		},
		branch: []source{
			{"BRANCH_NAME", ""},
			{"GIT_LOCAL_BRANCH", ""},
			{"GIT_BRANCH", "refs/remotes/origin/"},
			{"GIT_BRANCH", "origin/"}, // what the git plugin says in freestyle and plain pipeline jobs
			{"GIT_BRANCH", ""},
		},
		tag: []source{
			{"TAG_NAME", ""},
			{"GIT_BRANCH", "refs/tags/"},
			{"GIT_BRANCH", "origin/tags/"},
			{"GIT_BRANCH", "tags/"},
		},
		commit:      env("GIT_COMMIT"),
		pullRequest: env("CHANGE_ID", "ghprbPullId", "gitlabMergeRequestIid"),
		head:        env("CHANGE_BRANCH", "ghprbSourceBranch", "gitlabSourceBranch"),
		base:        env("CHANGE_TARGET", "ghprbTargetBranch", "gitlabTargetBranch"),
		buildID:     env("BUILD_TAG", "BUILD_ID"), // BUILD_ID counts anew in every job
		buildNumber: env("BUILD_NUMBER"),
		job:         env("JOB_NAME"),
		actor:       env("BUILD_USER_ID", "BUILD_USER"),
		slug:        env("GIT_URL", "GIT_URL_1"),
		url:         []string{"${BUILD_URL}"},
	}
}
