package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// template is a template of CloudFormation in which everything that is known only at deployment has become a text:
// « ${TableData} » for a reference, « ${TableData.Arn} » for an attribute, and the hashes that CDK appends to names are
// gone.
type template struct {
	Resources  map[string]resource
	Parameters map[string]map[string]any
	Outputs    map[string]map[string]any
}

type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

var hashed = regexp.MustCompile(`[0-9A-F]{8}$`)

func parseTemplate(raw []byte) (template, error) {
	var whole map[string]any
	if err := json.Unmarshal(raw, &whole); err != nil {
		return template{}, err
	}
	names := map[string]string{}
	resources, _ := whole["Resources"].(map[string]any)
	for _, long := range slices.Sorted(maps.Keys(resources)) {
		short := hashed.ReplaceAllString(long, "")
		for n := 2; slices.Contains(slices.Collect(maps.Values(names)), short); n++ {
			short = fmt.Sprintf("%s%d", hashed.ReplaceAllString(long, ""), n)
		}
		names[long] = short
	}
	renamed := map[string]any{}
	for long, r := range resources {
		renamed[names[long]] = r
	}
	whole["Resources"] = renamed
	plain, err := json.Marshal(plainly(whole, names))
	if err != nil {
		return template{}, err
	}
	var t template
	return t, json.Unmarshal(plain, &t)
}

// plainly replaces the functions of CloudFormation by texts.
func plainly(v any, names map[string]string) any {
	switch v := v.(type) {
	case map[string]any:
		if text, is := intrinsic(v, names); is {
			return text
		}
		out := map[string]any{}
		for key, value := range v {
			out[key] = plainly(value, names)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plainly(v[i], names)
		}
		return out
	}
	return v
}

func intrinsic(v map[string]any, names map[string]string) (string, bool) {
	if len(v) != 1 {
		return "", false
	}
	name := func(long any) string {
		if short, ok := names[fmt.Sprint(long)]; ok {
			return short
		}
		return fmt.Sprint(long)
	}
	if ref, is := v["Ref"]; is {
		return "${" + name(ref) + "}", true
	}
	if parts, is := v["Fn::GetAtt"].([]any); is {
		return fmt.Sprintf("${%s.%s}", name(parts[0]), parts[1]), true
	}
	if join, is := v["Fn::Join"].([]any); is {
		var all []string
		for _, part := range join[1].([]any) {
			all = append(all, fmt.Sprint(plainly(part, names)))
		}
		return strings.Join(all, join[0].(string)), true
	}
	return "", false
}

// of gives the resources of a type by name, and fails when there is none: a check of nothing proves nothing.
func (t template) of(tb testing.TB, kind string) map[string]resource {
	tb.Helper()
	all := map[string]resource{}
	for name, r := range t.Resources {
		if r.Type == kind {
			all[name] = r
		}
	}
	if len(all) == 0 {
		tb.Fatalf("no %s", kind)
	}
	return all
}

// one gives a resource by name.
func (t template) one(tb testing.TB, name string) resource {
	tb.Helper()
	r, found := t.Resources[name]
	if !found {
		tb.Fatalf("no resource %s", name)
	}
	return r
}

// at gives what lies at a path below a value: « KeySchema.0.AttributeName ». Nothing there gives nil.
func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch level := v.(type) {
		case map[string]any:
			v = level[part]
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i >= len(level) {
				return nil
			}
			v = level[i]
		default:
			return nil
		}
	}
	return v
}

// is fails unless what lies at a path is written so in JSON.
func (r resource) is(tb testing.TB, path, want string) {
	tb.Helper()
	if got := written(at(r.Properties, path)); got != want {
		tb.Errorf("%s at %s: got %s, want %s", r.Type, path, got, want)
	}
}

// written is the JSON of a value.
func written(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// list makes a list of what IAM writes as one text or several.
func list(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, fmt.Sprint(one))
		}
		return all
	}
	return nil
}
