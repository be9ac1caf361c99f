// A chat on Docker, in Go.
package main

import (
	"github.com/pulumi/pulumi-openwebui/sdk/go/openwebui"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() { pulumi.Run(deploy) }

func deploy(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	chat, err := openwebui.NewDeployment(ctx, "chat", &openwebui.DeploymentArgs{
		Valkey: openwebui.ValkeyArgs{Image: optional(settings, "valkeyImage")},
		Webui: openwebui.WebUIArgs{
			Image:     optional(settings, "webuiImage"),
			Publish:   openwebui.WebUIPublishArgs{Port: pulumi.Int(settings.RequireInt("port"))},
			Admin:     openwebui.WebUIAdminArgs{Email: pulumi.String("you@example.com")},
			Env:       pulumi.StringMap{"WEBUI_NAME": pulumi.String(settings.Require("name"))},
			SecretEnv: pulumi.StringMap{"OPENAI_API_KEY": settings.RequireSecret("openaiKey")},
		},
	})
	if err != nil {
		return err
	}
	ctx.Export("url", chat.Url)
	ctx.Export("adminEmail", chat.AdminEmail)
	ctx.Export("adminPassword", chat.AdminPassword)
	return nil
}

// optional is nothing where the configuration says nothing: then the default counts.
func optional(settings *config.Config, key string) pulumi.StringPtrInput {
	if value := settings.Get(key); value != "" {
		return pulumi.String(value)
	}
	return nil
}
