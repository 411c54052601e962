package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/infra/wiring"
)

// A change of what is deployed is seen in review: testdata has both templates, one property a line, and what each
// function may do and is told: infra/cloud gives its functions those variables and no other.
func TestWhatIsDeployed(t *testing.T) {
	a := synthesized(t)
	golden(t, "production.txt", a.main.String())
	golden(t, "production-edge.txt", a.edge.String())
	golden(t, "functions.json", functionsJSON(t, a.main))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-was +is): when it is meant, go test ./infra/stack -update\n%s", name, diff)
	}
}

// String writes a template, a line for what fits in one. What changes with every build or every page is left out.
func (t template) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		fmt.Fprintf(&b, "parameter %s %s\n", name, written(t.Parameters[name]["AllowedPattern"]))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[name]
		properties := maps.Clone(r.Properties)
		for _, changing := range []string{"Code", "FunctionCode", "DashboardBody"} {
			if properties[changing] != nil {
				properties[changing] = "…"
			}
		}
		outline(&b, "", strings.TrimSpace(name+" "+r.Type+" "+r.DeletionPolicy), properties)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Outputs)) {
		fmt.Fprintf(&b, "output %s %s\n", name, written(t.Outputs[name]["Value"]))
	}
	return b.String()
}

// lineWidth is where a value is told part by part.
const lineWidth = 110

func outline(b *strings.Builder, indent, name string, v any) {
	short := written(v)
	object, isObject := v.(map[string]any)
	array, isArray := v.([]any)
	if !isObject && !isArray || len(indent)+len(name)+len(short) < lineWidth {
		fmt.Fprintf(b, "%s%s %s\n", indent, name, short)
		return
	}
	fmt.Fprintf(b, "%s%s\n", indent, name)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		outline(b, indent+"  ", key, object[key])
	}
	for _, element := range array {
		outline(b, indent+"  ", "-", element)
	}
}

// functionsJSON is by function its environment, the statements of its role, and of the one that it takes for a collectivité.
func functionsJSON(t *testing.T, main template) string {
	t.Helper()
	type row struct {
		Environment any `json:"environment"`
		Statements  any `json:"statements"`
		OfOne       any `json:"statements for one collectivity"`
	}
	all := map[string]row{}
	for _, f := range wiring.Functions {
		all[f.Name] = row{
			at(main.one(t, id("function", f.Name)).Properties, "Environment.Variables"),
			at(main.one(t, id("role", f.Name)).Properties, "Policies.0.PolicyDocument.Statement"),
			at(main.one(t, id("role-collectivity", f.Name)).Properties, "Policies.0.PolicyDocument.Statement"),
		}
	}
	raw, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw) + "\n"
}
