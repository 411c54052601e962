package stack

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"convoc/infra/wiring"
)

// CDK costs 100 seconds of CPU to build. Neither one machine nor a function waits for it, nor does the command that
// builds the functions.
func TestOnlyTheDeploymentLinksCDK(t *testing.T) {
	light := []string{"infra/local", "infra/test", "infra/build", "infra/publish", "infra/wiring"}
	for _, f := range wiring.Functions {
		light = append(light, "functions/"+f.Name)
	}
	for _, pkg := range light {
		for imported, by := range linked(t, pkg) {
			for _, heavy := range []string{"github.com/aws/aws-cdk-go", "github.com/aws/jsii-runtime-go", "github.com/aws/constructs-go", "github.com/cdklabs"} {
				if strings.HasPrefix(imported, heavy) {
					t.Errorf("%s links %s, through %s", pkg, imported, by)
				}
			}
		}
	}
	if linked(t, "infra")["github.com/aws/aws-cdk-go/awscdk/v2"] == "" {
		t.Error("the app itself does not link CDK: this test sees nothing")
	}
}

// linked gives what a package of the project links, each with the package of ours that imports it.
func linked(t *testing.T, pkg string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for todo := []string{pkg}; len(todo) > 0; todo = todo[1:] {
		paths, err := filepath.Glob(filepath.Join("../..", todo[0], "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no package %s: %v", todo[0], err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range file.Imports {
				imported, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				if all[imported] != "" {
					continue
				}
				all[imported] = todo[0]
				if ours, ok := strings.CutPrefix(imported, "convoc/"); ok {
					todo = append(todo, ours)
				}
			}
		}
	}
	return all
}
