package cloud

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"convoc/infra/wiring"
)

// A function links the services that it uses, and no other: each costs at every cold start.
func TestFunctionsLinkOnlyWhatTheyUse(t *testing.T) {
	if err := readSources(); err != nil {
		t.Fatal(err)
	}
	for _, f := range wiring.Functions {
		symbols, err := exec.Command("go", "tool", "nm", unstripped(t, f.Name)).Output()
		if err != nil {
			t.Fatal(err)
		}
		for service, used := range map[string]bool{
			"dynamodb": true, "sts": true, "s3": len(f.May[wiring.Store]) > 0, "sqs": len(f.Rings) > 0, "sesv2": len(f.May[wiring.Mail]) > 0,
		} {
			linked := strings.Contains(string(symbols), "aws-sdk-go-v2/service/"+service+".(*Client)")
			if linked != used {
				t.Errorf("%s: links %s: %v, uses it: %v", f.Name, service, linked, used)
			}
		}
	}
}

func unstripped(t *testing.T, name string) string {
	out := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", out, "./functions/"+name)
	cmd.Dir = filepath.Join("..", "..")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return out
}
