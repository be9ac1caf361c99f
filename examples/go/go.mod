module chat-in-go

go 1.24

require (
	github.com/pulumi/pulumi-openwebui/sdk/go/openwebui v0.0.0
	github.com/pulumi/pulumi/sdk/v3 v3.256.0
)

// What pulumi package add has made.
replace github.com/pulumi/pulumi-openwebui/sdk/go/openwebui => ./sdks/pulumi-openwebui
