package stack

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"

	"convoc/infra/wiring"
)

// What the API lets through in all, per second and at once: a sending to 10,000 brings some hundred readers a second.
const (
	requestRate  = 500
	requestBurst = 1000
)

// httpAPI is the API and where it writes its log.
type httpAPI struct {
	awsapigatewayv2.HttpApi
	log awslogs.LogGroup
}

// addOriginSecret makes what CloudFront and the functions share. Its number is part of its name here: another number is
// another secret, which both get in one deployment, because CloudFormation reads a secret only when something about it
// changes.
func (d *deployment) addOriginSecret() {
	name := "OriginSecret" + d.OriginSecret
	secret := awssecretsmanager.NewSecret(d.stack, new(name), &awssecretsmanager.SecretProps{
		Description: new("what CloudFront tells the functions of Convoc so that they answer"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			PasswordLength: new(48.0), ExcludePunctuation: new(true), // a header's value
		},
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	d.originSecret = secret.SecretValue().UnsafeUnwrap()
}

// addAPI makes the HTTP API with the routes of the wiring table.
func (d *deployment) addAPI() {
	api := awsapigatewayv2.NewHttpApi(d.stack, new("API"), &awsapigatewayv2.HttpApiProps{
		ApiName: new(d.name("api")), CreateDefaultStage: new(false),
		Description: new("answers through CloudFront only"),
	})
	log := awslogs.NewLogGroup(d.stack, new("LogAPI"), &awslogs.LogGroupProps{
		LogGroupName: new("/convoc/" + d.Stage + "/api"), Retention: logDays, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	stage := awsapigatewayv2.NewHttpStage(d.stack, new("Stage"), &awsapigatewayv2.HttpStageProps{
		HttpApi: api, StageName: new("$default"), AutoDeploy: new(true),
		Throttle: &awsapigatewayv2.ThrottleSettings{
			RateLimit: new(float64(requestRate)), BurstLimit: new(float64(requestBurst)),
		},
	})
	stage.Node().DefaultChild().(awsapigatewayv2.CfnStage).SetAccessLogSettings(&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
		DestinationArn: log.LogGroupArn(), Format: new(logFormat()),
	})
	for _, f := range wiring.Functions {
		d.addRoutes(api, f)
	}
	d.api = httpAPI{api, log}
}

// addRoutes leads a function's routes to it. One permission for all of them: with one each, the policy of a function
// would outgrow the 20 KB that Lambda allows.
func (d *deployment) addRoutes(api awsapigatewayv2.HttpApi, f wiring.Function) {
	if len(f.Routes) == 0 {
		return
	}
	integration := awsapigatewayv2integrations.NewHttpLambdaIntegration(new(id("serves", f.Name)), d.functions[f.Name],
		&awsapigatewayv2integrations.HttpLambdaIntegrationProps{
			PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0(), ScopePermissionToRoute: new(false),
		})
	for _, pattern := range f.Routes {
		methods, path := gatewayRoute(pattern)
		var list []awsapigatewayv2.HttpMethod
		for _, m := range methods {
			list = append(list, awsapigatewayv2.HttpMethod(m))
		}
		api.AddRoutes(&awsapigatewayv2.AddRoutesOptions{Path: new(path), Methods: &list, Integration: integration})
	}
}

// gatewayRoute says in the words of an HTTP API what a pattern of http.ServeMux says: « GET /c/{token} » answers HEAD
// too, « /c/ » is all below it with any method.
func gatewayRoute(pattern string) (methods []string, path string) {
	method, path, found := strings.Cut(pattern, " ")
	switch {
	case !found && strings.HasSuffix(pattern, "/") && !strings.Contains(pattern, "{"):
		return []string{"ANY"}, pattern + "{proxy+}"
	case !found || strings.HasSuffix(path, "/") || strings.Contains(path, "...") || strings.Contains(path, "{$}"):
		panic(fmt.Sprintf("stack: nothing says what %q is in an HTTP API", pattern))
	case method == "GET":
		return []string{"GET", "HEAD"}, path
	}
	return []string{method}, path
}

// logFields are all that the access log holds of a request. A path or a query would hold somebody's link.
var logFields = map[string]string{
	"request_id": "$context.requestId", "route": "$context.routeKey", "status": "$context.status",
	"latency_ms": "$context.responseLatency", "bytes": "$context.responseLength",
}

func logFormat() string {
	raw, err := json.Marshal(logFields)
	if err != nil {
		panic(err) // texts only: cannot fail
	}
	return string(raw)
}
