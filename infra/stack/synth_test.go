package stack

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"convoc/infra/wiring"
)

var update = flag.Bool("update", false, "write testdata")

// assembly is what one synth gave. It costs some ten seconds of CPU, so that all tests share it.
type assembly struct {
	dir              string   // where CDK wrote it
	main, edge       template // as cdk.json has it
	trial, trialEdge template // another stage, with everything that may be given
	findings         []finding
}

// trial is a configuration in which nothing is left to the operator, and the third wall is off.
var trial = map[string]any{
	"stage": "essai", "region": "eu-west-1", "domain": "essai.convoc.exemple.fr", "filesDomain": "documents.convoc.exemple.fr",
	"hostedZone": "convoc.exemple.fr", "hostedZoneId": "Z0123456789", "mailDomain": "convoc.exemple.fr",
	"from": "convocations@convoc.exemple.fr", "alarmAddress": "exploitation@exemple.fr", "originSecret": "2",
	"certificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/0a1b", "dataTable": "convoc-restored", "paused": "true",
	"collectivityRoles": "false",
	"webAclArn":         "arn:aws:wafv2:us-east-1:111122223333:global/webacl/convoc/0a1b",
}

// scratch is removed at the end.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if scratch, err = os.MkdirTemp("", "convoc-stack"); err != nil {
		panic(err)
	}
	code := m.Run()
	jsii.Close()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// synthesized gives the shared assembly. Without Node the test is left out, and fails with CI=true; -short leaves it out
// too.
func synthesized(t *testing.T) assembly {
	t.Helper()
	needNode(t)
	a, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func needNode(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no synth")
	}
	_, err := exec.LookPath("node")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("no node (CDK runs in it)")
	}
	if err != nil {
		t.Skip("no node (CDK runs in it)")
	}
}

var once = sync.OnceValues(func() (assembly, error) {
	// the tests say what is deployed, not with which Node they ran
	if err := os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20"); err != nil {
		return assembly{}, err
	}
	context, err := contextOf("../../cdk.json")
	if err != nil {
		return assembly{}, err
	}
	a := assembly{dir: filepath.Join(scratch, "cdk.out")}
	app := awscdk.NewApp(&awscdk.AppProps{Context: &context, Outdir: new(a.dir)})
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{
		Reports: new(true), ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}), nil)
	for _, values := range []map[string]any{context, trial} {
		if err := add(app, values); err != nil {
			return a, err
		}
	}
	app.Synth(nil)
	return a, a.read()
})

// add makes an installation whose functions are empty files.
func add(app awscdk.App, values map[string]any) error {
	c, err := Read(func(name string) any { return values[name] })
	if err != nil {
		return err
	}
	c.Functions = filepath.Join(scratch, "functions")
	for _, f := range wiring.Functions {
		dir := filepath.Join(c.Functions, f.Name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "bootstrap"), nil, 0o755); err != nil {
			return err
		}
	}
	New(app, c)
	return nil
}

func contextOf(path string) (map[string]any, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file struct{ Context map[string]any }
	return file.Context, json.Unmarshal(raw, &file)
}

func (a *assembly) read() error {
	for name, to := range map[string]*template{
		"convoc-production": &a.main, "convoc-production-edge": &a.edge, "convoc-essai": &a.trial, "convoc-essai-edge": &a.trialEdge,
	} {
		raw, err := os.ReadFile(filepath.Join(a.dir, name+".template.json"))
		if err != nil {
			return err
		}
		if *to, err = parseTemplate(raw); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	reports, err := filepath.Glob(filepath.Join(a.dir, "*-NagReport.json"))
	if err != nil || len(reports) == 0 {
		return fmt.Errorf("no report of cdk-nag: %v", err)
	}
	for _, path := range reports {
		found, err := readFindings(path)
		if err != nil {
			return err
		}
		a.findings = append(a.findings, found...)
	}
	return nil
}

// both runs a check on each installation.
func (a assembly) both(t *testing.T, check func(t *testing.T, main template)) {
	t.Helper()
	t.Run("as cdk.json has it", func(t *testing.T) { check(t, a.main) })
	t.Run("another stage", func(t *testing.T) { check(t, a.trial) })
}
