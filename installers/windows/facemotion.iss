; Inno Setup 6: iscc /DVersion=0.1.0 installers\windows\facemotion.iss
#ifndef Version
  #error Say the version: iscc /DVersion=0.1.0 facemotion.iss
#endif

[Setup]
AppId={{7B8E1E0B-5A0C-4B6F-9C7D-2F0C6F1B6A53}
AppName=facemotion
AppVersion={#Version}
AppPublisher=The facemotion authors
DefaultDirName={autopf}\facemotion
DefaultGroupName=facemotion
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
SourceDir=..\..
LicenseFile=LICENSE
SetupIconFile=build\package\icons\facemotion.ico
UninstallDisplayIcon={app}\facemotion-window.exe
OutputDir=dist\installers
OutputBaseFilename=facemotion-{#Version}-setup
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
CloseApplications=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked

[InstallDelete]
; Files of an earlier version must not mix with those of this one.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "dist\facemotion\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\facemotion"; Filename: "{app}\facemotion-window.exe"
Name: "{autodesktop}\facemotion"; Filename: "{app}\facemotion-window.exe"; Tasks: desktopicon

[Registry]
; "Open with" for video files, without taking them from the program that has them.
Root: HKA; Subkey: "Software\Classes\Applications\facemotion-window.exe\shell\open\command"; ValueType: string; ValueData: """{app}\facemotion-window.exe"" --source ""%1"""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\facemotion-window.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "facemotion"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\facemotion-window.exe\SupportedTypes"; ValueType: string; ValueName: ".mp4"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\facemotion-window.exe\SupportedTypes"; ValueType: string; ValueName: ".mkv"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\facemotion-window.exe\SupportedTypes"; ValueType: string; ValueName: ".mov"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\facemotion-window.exe\SupportedTypes"; ValueType: string; ValueName: ".avi"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\facemotion-window.exe\SupportedTypes"; ValueType: string; ValueName: ".webm"; ValueData: ""

[Run]
Filename: "{app}\facemotion-window.exe"; Description: "{cm:LaunchProgram,facemotion}"; Flags: nowait postinstall skipifsilent
