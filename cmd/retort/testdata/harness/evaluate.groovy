// Evaluates Jenkinsfiles and prints, for each, one line of JSON: its stages, with
// the steps in them, or what is wrong.
//
//   groovy evaluate.groovy '{"BRANCH_NAME": "main"}' FILE…
//
// This is no Jenkins. It knows which directive belongs into which block, and the
// names of the steps below, and it decides `when` by the given variables. A
// directive elsewhere, or a step that is not below, is an error, as it would be
// for Jenkins. What a step does, and what its arguments may be, it does not know:
// sh gives "" to the script that asks for its output.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

/** Block is the inside of a directive's braces. */
class Block {
  TopLevel file

  def inside(Closure body, Block block) { file.inside(body, block) }

  def methodMissing(String name, Object args) {
    throw new IllegalArgumentException("${name} does not belong into ${getClass().simpleName.toLowerCase()}")
  }

  def propertyMissing(String name) { file.variable(name) }
}

class Agent extends Block {
  Map stage
  def label(String name) { stage.agent = name }
  def docker(String image) { stage.agent = "docker $image".toString() }
  def node(Closure body) { inside(body, this) }
  def customWorkspace(String dir) {}
}

class Options extends Block {
  def timeout(Map how) {}
  def timestamps() {}
  def lock(Object what) {}
  def retry(int times) {}
  def disableConcurrentBuilds(Map how = [:]) {}
  def disableResume() {}
  def skipDefaultCheckout(boolean skip = true) {}
  def buildDiscarder(Object strategy) {}
  def logRotator(Map how) {}
  def preserveStashes(Map how = [:]) {}
  def skipStagesAfterUnstable() {}
  def parallelsAlwaysFailFast() {}
}

class Parameters extends Block {
  def string(Map how) { [how.name, how.defaultValue] }
  def choice(Map how) { [how.name, how.choices[0]] }
  def booleanParam(Map how) { [how.name, how.defaultValue] }
}

class Input extends Block {
  Map stage
  def message(String text) { stage.input = text }
  def ok(String text) {}
  def submitter(String who) {}
  def submitterParameter(String name) {}
  def parameters(Closure body) { inside(body, new Parameters(file: file)) }
}

class When extends Block {
  List verdicts = []
  private decide(boolean yes) { verdicts << yes; yes }
  private List of(Closure body) { def w = new When(file: file); inside(body, w); w.verdicts }
  def beforeAgent(boolean yes) {}
  def beforeInput(boolean yes) {}
  def branch(String name) { decide(file.env.BRANCH_NAME == name) }
  def changeRequest() { decide(file.env.CHANGE_ID as boolean) }
  def buildingTag() { decide(file.env.TAG_NAME as boolean) }
  def tag(String pattern) { decide(file.env.TAG_NAME ==~ pattern.replace('.', '\\.').replace('*', '.*')) }
  def environment(Map what) { decide(file.env[what.name] == what.value) }
  def expression(Closure body) { body.delegate = file; body.resolveStrategy = Closure.DELEGATE_ONLY; decide(body() as boolean) }
  def not(Closure body) { decide(!of(body).every()) }
  def allOf(Closure body) { decide(of(body).every()) }
  def anyOf(Closure body) { decide(of(body).any()) }
}

class Environment extends Block {
  void setProperty(String name, Object value) {
    if (name == 'file') { metaClass.setProperty(this, name, value) } else { file.env[name] = value.toString() }
  }
  def credentials(String id) { "credentials:$id" }
}

class Post extends Block {
  Map stage
  private condition(String name, Closure body) { stage.post[name] = file.steps(body) }
  def always(Closure body) { condition('always', body) }
  def success(Closure body) { condition('success', body) }
  def failure(Closure body) { condition('failure', body) }
  def unstable(Closure body) { condition('unstable', body) }
  def aborted(Closure body) { condition('aborted', body) }
  def unsuccessful(Closure body) { condition('unsuccessful', body) }
  def cleanup(Closure body) { condition('cleanup', body) }
}

class Stages extends Block {
  List stages = []
  def stage(String name, Closure body) {
    def stage = [name: name, agent: null, skipped: false, input: null, stages: [], parallel: [], steps: [], post: [:]]
    def before = new HashMap(file.env)
    inside(body, new Stage(file: file, stage: stage))
    file.env.clear()
    file.env.putAll(before)
    stages << (stage.skipped ? stage + [stages: [], parallel: [], steps: [], post: [:]] : stage)
  }
}

class Stage extends Block {
  Map stage
  final none = 'none'
  final any = 'any'
  def agent(String kind) { stage.agent = kind }
  def agent(Closure body) { inside(body, new Agent(file: file, stage: stage)) }
  def options(Closure body) { inside(body, new Options(file: file)) }
  def environment(Closure body) { inside(body, new Environment(file: file)) }
  def when(Closure body) { def w = new When(file: file); inside(body, w); stage.skipped = !w.verdicts.every() }
  def input(Closure body) { inside(body, new Input(file: file, stage: stage)) }
  def failFast(boolean yes) {}
  def steps(Closure body) { stage.steps = file.steps(body) }
  def post(Closure body) { inside(body, new Post(file: file, stage: stage)) }
  def stages(Closure body) { def s = new Stages(file: file); inside(body, s); stage.stages = s.stages }
  def parallel(Closure body) { def s = new Stages(file: file); inside(body, s); stage.parallel = s.stages }
}

class Pipeline extends Stage {
  def parameters(Closure body) { inside(body, new Parameters(file: file)) }
  def triggers(Closure body) { body.delegate = this; body() }
  def cron(String when) { when }
  // These are a stage's alone.
  def when(Closure body) { methodMissing('when', body) }
  def input(Closure body) { methodMissing('input', body) }
  def steps(Closure body) { methodMissing('steps', body) }
  def parallel(Closure body) { methodMissing('parallel', body) }
}

/** TopLevel is what the file's own top level knows: pipeline, and the steps. */
abstract class TopLevel extends Script {
  Map env
  Map top = [name: '', agent: null, stages: [], steps: [], post: [:]]
  List recorded = []
  Map wrapped = [registry: null, secrets: []]
  Map params = [:]
  Map currentBuild = [result: null, currentResult: 'SUCCESS']
  def scm = 'scm'

  void begin(Map variables) { env = variables } // a script's properties are set by methods alone

  def inside(Closure body, Object delegate) {
    body.delegate = delegate
    body.resolveStrategy = Closure.DELEGATE_ONLY
    body()
  }

  List steps(Closure body) {
    def outer = recorded
    recorded = []
    inside(body, this)
    def steps = recorded
    recorded = outer
    steps
  }

  def variable(String name) {
    if (env.containsKey(name)) { return env[name] }
    throw new MissingPropertyException(name, getClass())
  }

  def propertyMissing(String name) { variable(name) }

  def pipeline(Closure body) { inside(body, new Pipeline(file: this, stage: top)) }

  // Scripted: a node, and what is in it.
  def properties(List all) {}
  def disableConcurrentBuilds(Map how = [:]) {}
  def node(String label = 'any', Closure body) {
    def stage = [name: '', agent: label, stages: [], parallel: [], steps: [], post: [:]]
    stage.steps = steps(body)
    recorded << [step: 'node', stage: stage]
  }
  def stage(String name, Closure body) { recorded << [step: 'stage', stage: [name: name, agent: null, stages: [], parallel: [], steps: steps(body), post: [:]]] }
  def parallel(Map branches) {
    recorded << [step: 'parallel', branches: branches.findAll { it.key != 'failFast' }.collect { [name: it.key.toString(), agent: null, stages: [], parallel: [], steps: steps(it.value), post: [:]] }]
  }

  // Steps.
  def sh(String script) { sh(script: script) }
  def sh(Map how) {
    recorded << [step: 'sh', script: how.script.toString(), stdout: how.returnStdout as boolean, status: how.returnStatus as boolean, env: new TreeMap(env), registry: wrapped.registry, secrets: wrapped.secrets]
    how.returnStatus ? 0 : ''
  }
  def echo(String text) { recorded << [step: 'echo'] }
  def error(String text) { throw new IllegalStateException(text) }
  def checkout(Object what) { recorded << [step: 'checkout'] }
  def deleteDir() { recorded << [step: 'deleteDir'] }
  def junit(String results) { junit(testResults: results) }
  def junit(Map how) { recorded << [step: 'junit', results: how.testResults, allowEmpty: how.allowEmptyResults as boolean] }
  def archiveArtifacts(Map how) { recorded << [step: 'archive', results: how.artifacts] }
  def stash(Map how) { recorded << [step: 'stash', name: how.name, results: how.includes ?: '**', allowEmpty: how.allowEmpty as boolean] }
  def unstash(String name) { recorded << [step: 'unstash', name: name] }
  def readProperties(Map how) { recorded << [step: 'readProperties', results: how.file]; [:].withDefault { '' } }
  def readJSON(Map how) { recorded << [step: 'readJSON', results: how.file]; [:].withDefault { '' } }
  def unstable(String text) { recorded << [step: 'unstable'] }
  def input(Object how) { recorded << [step: 'input'] }
  def milestone(int n = 0) {}
  def timeout(Map how, Closure body) { body() }
  def timestamps(Closure body) { body() }
  def retry(int times, Closure body) { body() }
  def lock(Object what, Closure body) { body() }
  def catchError(Map how = [:], Closure body) { body() }
  def script(Closure body) { inside(body, this) }
  def withEnv(List pairs, Closure body) {
    def before = new HashMap(env)
    pairs.each { def (name, value) = it.toString().split('=', 2); env[name] = value }
    body()
    env.clear()
    env.putAll(before)
  }
  def withDockerRegistry(Map how, Closure body) {
    def before = wrapped
    wrapped = wrapped + [registry: how.url.toString()]
    body()
    wrapped = before
  }
  def withCredentials(List bindings, Closure body) {
    def before = wrapped
    wrapped = wrapped + [secrets: (wrapped.secrets + bindings.flatten()) as List]
    body()
    wrapped = before
  }
  def usernamePassword(Map how) { [how.usernameVariable, how.passwordVariable] }
  def string(Map how) { [how.variable] }
  def file(Map how) { [how.variable] }
}

def config = new CompilerConfiguration(scriptBaseClass: 'TopLevel')
def loader = new GroovyShell(this.class.classLoader, new Binding(), config)
args.drop(1).each { path ->
  def result = [file: path]
  try {
    def script = loader.parse(new File(path))
    script.begin(new LinkedHashMap(new JsonSlurper().parseText(args[0])))
    script.run()
    result.stage = script.top + [steps: script.recorded]
  } catch (Throwable problem) {
    result.error = problem.message ?: problem.toString()
  }
  println JsonOutput.toJson(result)
}
