package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"

	"convoc/infra/wiring"
)

// mailEvents is the topic of what became of mails.
const mailEvents = "mail-events"

// mailService is what the functions that send need, and what the records in DNS must say.
type mailService struct {
	identityARN, configurationSetARN string
	configurationSet                 string
	identity                         awsses.EmailIdentity
	set                              awsses.ConfigurationSet
	returns                          string // domain to which refusals come back (MAIL FROM)
}

// addTopics makes the topic of alarms and the key of all topics. AWS's own key would not do: neither SES nor CloudWatch
// may use it, and what they say would be lost without a word.
func (d *deployment) addTopics() {
	d.topicsKey = awskms.NewKey(d.stack, new("TopicsKey"), &awskms.KeyProps{
		Description: new("topics of Convoc " + d.Stage), EnableKeyRotation: new(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	for _, service := range []string{"ses", "cloudwatch", "events"} {
		use := allow([]string{"kms:Decrypt", "kms:GenerateDataKey*"}, "*") // of this key: it is its own policy
		use.AddPrincipals(awsiam.NewServicePrincipal(new(service+".amazonaws.com"), nil))
		d.topicsKey.AddToResourcePolicy(use, nil)
	}
	d.alarms = d.topic("alarms")
	d.letPublish(d.alarms, "cloudwatch")
	d.alarms.AddSubscription(awssnssubscriptions.NewEmailSubscription(new(d.AlarmAddress), nil))
}

func (d *deployment) topic(name string) awssns.Topic {
	return awssns.NewTopic(d.stack, new(id("topic", name)), &awssns.TopicProps{
		TopicName: new(d.name(name)), MasterKey: d.topicsKey, EnforceSSL: new(true),
	})
}

// letPublish lets a service of this account publish: the policy that a topic has by itself is gone as soon as it has one.
func (d *deployment) letPublish(topic awssns.Topic, service string) {
	s := allow([]string{"sns:Publish"}, *topic.TopicArn())
	s.AddPrincipals(awsiam.NewServicePrincipal(new(service+".amazonaws.com"), nil))
	s.AddConditions(&map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": d.stack.Account()}})
	topic.AddToResourcePolicy(s)
}

// addMail makes the identity that signs, and the configuration set whose events tell what became of each mail.
//
// Nothing is tracked: no opening, no click. Only bounces put an address on the list that SES holds back: whoever
// complains about a legal notice must still get the next one. TLS is used wherever the other side has it and is no
// condition: a mailbox without it must be convened all the same.
func (d *deployment) addMail() {
	set := awsses.NewConfigurationSet(d.stack, new("ConfigurationSet"), &awsses.ConfigurationSetProps{
		ConfigurationSetName: new(d.name("mail")), ReputationMetrics: new(true),
		SuppressionReasons: awsses.SuppressionReasons_BOUNCES_ONLY,
		TlsPolicy:          awsses.ConfigurationSetTlsPolicy_OPTIONAL,
	})
	returns := "retours." + d.MailDomain
	identity := awsses.NewEmailIdentity(d.stack, new("MailIdentity"), &awsses.EmailIdentityProps{
		Identity: awsses.Identity_Domain(new(d.MailDomain)), DkimSigning: new(true),
		MailFromDomain: new(returns), MailFromBehaviorOnMxFailure: awsses.MailFromBehaviorOnMxFailure_USE_DEFAULT_VALUE,
		FeedbackForwarding: new(false), // the events say it
	})
	d.mail = mailService{
		identity: identity, identityARN: *d.sesARN("identity", d.MailDomain), set: set, returns: returns,
		configurationSet: *set.ConfigurationSetName(), configurationSetARN: *d.sesARN("configuration-set", d.name("mail")),
	}
}

func (d *deployment) sesARN(kind, name string) *string {
	return d.stack.FormatArn(&awscdk.ArnComponents{Service: new("ses"), Resource: new(kind), ResourceName: new(name)})
}

// addMailEvents leads what became of mails through a topic to the functions that wait for it, each by its queue: SES
// promises that way to say each thing at least once, and EventBridge only tries. « Send » is among them, because it proves
// an acceptance whose answer was lost.
func (d *deployment) addMailEvents() {
	topic := d.topic(mailEvents)
	d.mail.set.AddEventDestination(new("Events"), &awsses.ConfigurationSetEventDestinationOptions{
		Destination: awsses.EventDestination_SnsTopic(topic),
		Events: &[]awsses.EmailSendingEvent{
			awsses.EmailSendingEvent_SEND, awsses.EmailSendingEvent_DELIVERY, awsses.EmailSendingEvent_DELIVERY_DELAY,
			awsses.EmailSendingEvent_BOUNCE, awsses.EmailSendingEvent_COMPLAINT, awsses.EmailSendingEvent_REJECT,
		},
	})
	for _, f := range wiring.Functions {
		if f.Trigger != wiring.Mails {
			continue
		}
		q := d.queues[f.Name]
		topic.AddSubscription(awssnssubscriptions.NewSqsSubscription(q.bells,
			&awssnssubscriptions.SqsSubscriptionProps{RawMessageDelivery: new(true), DeadLetterQueue: q.dead}))
	}
}
